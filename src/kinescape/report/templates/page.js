"use strict";
(function () {
  document.querySelectorAll(".needs-script").forEach(function (part) { part.hidden = false; });

  function keyOf(row, column) {
    var cell = row.cells[column];
    if (!cell) { return ""; }
    var value = cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
    return value;
  }
  function compare(a, b) {
    // Cells without a value stay at the end of a rising order; numbers before words.
    if (a === "" || b === "") { return (a === "") - (b === ""); }
    var x = Number(a), y = Number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) { return x - y; }
    return a.localeCompare(b, "en", { numeric: true });
  }
  document.querySelectorAll("table[data-sortable]").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      if (head.dataset.fixed !== undefined) { return; }
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      function sort(falling) {
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        var body = table.tBodies[0], sorted = document.createDocumentFragment();
        Array.prototype.slice.call(body.rows)
          .map(function (row, place) { return { row: row, place: place, key: keyOf(row, column) }; })
          .sort(function (a, b) { return (falling ? -1 : 1) * compare(a.key, b.key) || a.place - b.place; })
          .forEach(function (item) { sorted.appendChild(item.row); });
        body.appendChild(sorted);
      }
      button.addEventListener("click", function () { sort(head.getAttribute("aria-sort") === "ascending"); });
      // Where the heads of the columns are not shown (narrow screens) the same is reached through a list.
      document.querySelectorAll('select[data-sorts="' + table.id + '"]').forEach(function (list) {
        [false, true].forEach(function (falling) {
          var option = document.createElement("option");
          option.textContent = button.textContent + (falling ? ", falling" : ", rising");
          list.appendChild(option);
          list.addEventListener("change", function () { if (list.selectedOptions[0] === option) { sort(falling); } });
        });
      });
    });
    document.querySelectorAll('select[data-sorts="' + table.id + '"]').forEach(function (list) {
      var first = document.createElement("option");
      first.textContent = "as in the sheet";
      list.insertBefore(first, list.firstChild);
      list.selectedIndex = 0;
      var order = Array.prototype.slice.call(table.tBodies[0].rows);
      list.addEventListener("change", function () {
        if (list.selectedOptions[0] !== first) { return; }
        heads.forEach(function (head) { head.removeAttribute("aria-sort"); });
        order.forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  });

  document.querySelectorAll("[data-filters]").forEach(function (controls) {
    var table = document.getElementById(controls.dataset.filters);
    var count = controls.querySelector("output"), texts = new WeakMap();
    function textOf(row) {
      if (!texts.has(row)) { texts.set(row, row.textContent.toLowerCase()); }
      return texts.get(row);
    }
    function apply() {
      var words = (controls.querySelector("input[type=search]") || { value: "" }).value.trim().toLowerCase();
      var wanted = {};
      controls.querySelectorAll("input[type=checkbox]").forEach(function (box) {
        (wanted[box.name] = wanted[box.name] || []).push(box.checked ? box.value : null);
      });
      var shown = 0, rows = Array.prototype.slice.call(table.tBodies[0].rows);
      rows.forEach(function (row) {
        var keep = textOf(row).indexOf(words) >= 0;
        Object.keys(wanted).forEach(function (name) { keep = keep && wanted[name].indexOf(row.dataset[name]) >= 0; });
        row.hidden = !keep;
        shown += keep ? 1 : 0;
      });
      count.textContent = shown + " of " + rows.length + " shown";
    }
    controls.addEventListener("input", apply);
    controls.addEventListener("change", apply);
    apply();
  });

  document.querySelectorAll("button[data-opens]").forEach(function (button) {
    button.addEventListener("click", function () {
      var parts = Array.prototype.slice.call(document.querySelectorAll(button.dataset.opens));
      var open = parts.some(function (part) { return !part.open; });
      parts.forEach(function (part) { part.open = open; });
      button.setAttribute("aria-expanded", String(open));
    });
  });

  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details.printed:not([open])"));
    opened.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (part) { part.open = false; }); });
})();
