
(function () {
  // The reads in IGV, and the sign-off. Nothing here asks for anything outside the page.
  var held = document.getElementById("inspection-data");
  if (!held) { return; }
  var data = JSON.parse(held.textContent);
  var byId = {};
  data.calls.forEach(function (call) { byId[call.id] = call; });

  function bytes(text) { return Uint8Array.from(atob(text), function (sign) { return sign.charCodeAt(0); }); }

  // ---- the viewer
  var place = document.getElementById("igv-place"), said = document.getElementById("igv-state"), viewer = null;
  var startButton = document.getElementById("igv-start");
  function unpacked(text) {
    var stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }
  function begin(code) {
    // The program adds two styles of its own (a colour picker, a circular view) that nothing here uses and that the
    // page's policy forbids: while it starts, it is handed inert elements in their place.
    var real = document.createElement;
    document.createElement = function (name) {
      return real.apply(document, String(name).toLowerCase() === "style" ? ["template"] : arguments);
    };
    try {
      var script = real.call(document, "script");
      script.textContent = code;
      document.body.appendChild(script);
    } finally { document.createElement = real; }
    if (!window.igv) { throw new Error("igv.js did not start"); }
  }
  function trackOf(track, height) {
    return {
      type: "alignment", format: "bam", name: track.name, height: height,
      url: new File([bytes(track.bam)], track.name + ".bam"),
      indexURL: new File([bytes(track.index)], track.name + ".bam.bai"),
      displayMode: "SQUISHED", squishedRowHeight: 4, autoHeight: false, viewAsPairs: true, colorBy: "none", showSoftClips: true,
      samplingWindowSize: 100, samplingDepth: data.mostReads, alleleFreqThreshold: data.lowestShare, visibilityWindow: 100000
    };
  }
  function start(call) {
    if (viewer) { return viewer; }
    place.hidden = false;
    said.textContent = "Starting the viewer …";
    viewer = unpacked(document.getElementById("igv-program").textContent).then(function (code) {
      begin(code);
      var height = Math.max(220, Math.min(420, Math.round(window.innerHeight * 0.4)));
      return window.igv.createBrowser(place, {
        loadDefaultGenomes: false, queryParametersSupported: false, showIdeogram: false, showChromosomeWidget: false,
        showSVGButton: true, showCursorGuideButton: true, showCenterGuideButton: true, showSampleNameButton: false,
        reference: {
          id: data.genome + "-windows", name: data.genome + " (windows of the panel)", wholeGenomeView: false,
          fastaURL: "data:application/octet-stream;base64," + data.reference, indexed: false
        },
        locus: call.locus,
        tracks: [{
          type: "annotation", name: "Calls", displayMode: "EXPANDED", height: 45, color: "#9a3103",
          features: data.calls.map(function (each) { return { chr: each.chrom, start: each.pos - 1, end: each.end, name: each.name }; })
        }].concat(data.tracks.map(function (track) { return trackOf(track, height); }))
      });
    });
    viewer.then(function (browser) { window.kinescapeViewer = browser; }, function (problem) {
      said.textContent = "The viewer did not start (" + (problem && problem.message || problem) + "). The evidence files beside this page open in IGV on the desktop.";
      place.hidden = true;
    });
    return viewer;
  }
  function look(call) {
    if (startButton) { startButton.hidden = true; }
    document.querySelectorAll("button.look").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.look === call.id));
    });
    var select = document.getElementById("review-call");
    if (select) { select.value = call.id; }
    return start(call).then(function (browser) {
      return Promise.resolve(browser.search(call.locus)).then(function () {
        browser.findTracks(function (track) { return track.type === "alignment"; }).forEach(function (track) {
          // Reads that show the change come to the top.
          track.sort({ chr: call.chrom, position: call.pos, option: "BASE", direction: "ASC" });
        });
        said.textContent = "Shown: " + call.name + ", " + call.locus;
      });
    });
  }
  var buttons = Array.prototype.slice.call(document.querySelectorAll("button.look"));
  buttons.forEach(function (button, number) {
    button.addEventListener("click", function () { look(byId[button.dataset.look]); });
    button.addEventListener("keydown", function (event) {
      var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      var next = step && buttons[number + step];
      if (next) { event.preventDefault(); next.focus(); }
    });
  });
  if (startButton) { startButton.addEventListener("click", function () { look(data.calls[0]); }); }

  // ---- the sign-off
  var form = document.getElementById("sign-off");
  if (!form) { return; }
  var entries = [], state = document.getElementById("review-state"), list = document.getElementById("review-list");
  var download = document.getElementById("review-download");
  document.getElementById("review-add").addEventListener("click", function () {
    var call = byId[document.getElementById("review-call").value];
    var chosen = form.querySelector("input[name=review-verdict]:checked");
    var by = document.getElementById("review-by").value.trim(), note = document.getElementById("review-note").value.trim();
    if (!chosen || !by) { state.textContent = chosen ? "A name is missing." : "A verdict is missing."; return; }
    var date = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    entries.push({ call: call.id, name: call.name, fingerprint: call.fingerprint, verdict: chosen.value, by: by, note: note, date: date });
    var item = document.createElement("li");
    item.textContent = call.name + ": " + chosen.value + " – " + by + (note ? " (" + note + ")" : "");
    list.appendChild(item);
    chosen.checked = false;
    document.getElementById("review-note").value = "";
    download.disabled = false;
    state.textContent = entries.length + (entries.length === 1 ? " verdict" : " verdicts") + ", not downloaded yet";
  });
  download.addEventListener("click", function () {
    var text = JSON.stringify({ kinescape_review: "1.0", sample: data.sample, entries: entries }, null, 2) + "\n";
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "review-" + data.sample.replace(/[^A-Za-z0-9._-]/g, "_") + ".json";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    state.textContent = "Downloaded as " + link.download;
  });
})();
