"""The page of a sample: what it says, what it never says, and that it stands alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from example_results import (
    EXAMPLES,
    HOSTILE,
    below_depth,
    compound_cis,
    control,
    earlier_sample,
    hostile,
    missing_amplicon,
    no_calls,
    trans_clones,
    weak_call,
)
from html_reader import Node, read_page

from kinescape.errors import InputError
from kinescape.records import SampleResult
from kinescape.report.course import course_of
from kinescape.report.page import SECTIONS, render_sample
from kinescape.report.view import is_current
from kinescape.report.wording import after_lead, lead

PAGES = {name: render_sample(make()) for name, make in EXAMPLES.items()}


def page_of(result: SampleResult, *history: SampleResult) -> Node:
    return read_page(render_sample(result, history))


def section(page: Node, name: str) -> Node:
    return page.one("section", id=name)


def rows(table: Node) -> list[list[str]]:
    return [[c.text for c in row.children if isinstance(c, Node)] for row in table.all("tr")]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_well_formed_and_small(name: str) -> None:
    page = read_page(PAGES[name])
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    assert len(PAGES[name].encode()) < 1_000_000


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_anywhere(name: str) -> None:
    page = read_page(PAGES[name])
    for node in page.all():
        for attribute in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
            if attribute in node.attributes:
                assert node.attributes[attribute].startswith("#"), node
        assert node.tag not in ("iframe", "object", "embed", "base", "link", "form", "img")
        assert not any(key.startswith("on") or key == "style" for key in node.attributes)
    assert "@import" not in PAGES[name]
    assert not re.search(r"url\((?!#)", PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_allows_our_style_and_script_and_nothing_else(name: str) -> None:
    page = read_page(PAGES[name])
    (policy,) = [n.attributes["content"] for n in page.all("meta") if n.attributes.get("http-equiv")]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert "connect-src" not in directives
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (node,) = [node for node in page.all(tag) if "type" not in node.attributes]
        digest = base64.b64encode(hashlib.sha256(str(node.children[0]).encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'"


@pytest.mark.parametrize("name", PAGES)
def test_headings_tables_and_pictures_can_be_read_aloud(name: str) -> None:
    page = read_page(PAGES[name])
    levels = [int(node.tag[1]) for node in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all("scope" in node.attributes for node in page.all("th"))
    for table in page.all("table"):
        assert any(True for _ in table.all("thead"))
    for drawn in (n for n in page.all("svg") if n.attributes.get("role") == "img"):
        title, description = drawn.attributes["aria-labelledby"].split()
        assert page.one("title", id=title).text
        assert page.one("desc", id=description).text
    for drawn in (n for n in page.all("svg") if n.attributes.get("role") != "img"):
        assert drawn.attributes["aria-hidden"] == "true"
    for region in (n for n in page.all() if n.attributes.get("tabindex") == "0"):
        assert region.attributes["role"] == "region"
        assert region.attributes["aria-label"]
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("a", **{"class": "skip"}).attributes["href"] == "#" + page.one("main").attributes["id"]


@pytest.mark.parametrize("name", PAGES)
def test_sections_stand_in_their_order_and_are_all_linked(name: str) -> None:
    page = read_page(PAGES[name])
    found = [node.attributes["id"] for node in page.all("section")]
    assert found == [id_ for id_, _ in SECTIONS if id_ != "course"]
    assert [a.attributes["href"] for a in page.one("nav").all("a")] == [f"#{id_}" for id_ in found]


@pytest.mark.parametrize("name", PAGES)
def test_words_that_say_too_much_never_stand_on_a_page(name: str) -> None:
    text = read_page(PAGES[name]).text.lower()
    for word in ("negative", "wild-type", "wild type", "wildtype", "recommended drug", "sensitive to"):
        assert word not in text
    assert "no drug is recommended" in text
    assert "research use only" in text


@pytest.mark.parametrize("name", PAGES)
def test_not_detected_always_has_a_limit_and_silence_never_does(name: str) -> None:
    table = section(read_page(PAGES[name]), "known").one("table")
    for row in rows(table)[1:]:
        limit, depth = row[4], row[5]
        if row[2] == "Not detected":
            assert re.fullmatch(r"\d+\.\d+%", limit)
        if row[2] in ("Below depth", "Not covered", "Not on panel"):
            assert limit == "–"
            assert row[6], "the reason"
            assert row[3] == "–"
        assert row[2] != "Not on panel" or depth == "–"


@pytest.mark.parametrize("name", PAGES)
def test_simulated_data_is_labelled(name: str) -> None:
    page = read_page(PAGES[name])
    assert page.one("aside").text.startswith("SIMULATED DATA")
    assert "(simulated)" in page.one("head").one("title").text
    assert "SIMULATED\\20 DATA" in PAGES[name], "on every printed page"


def test_a_real_sample_is_not_labelled_simulated() -> None:
    page = page_of(msgspec.structs.replace(no_calls(), simulated=False))
    assert not list(page.all("aside"))
    assert "simulated" not in page.text.lower()


def test_the_same_result_gives_the_same_page() -> None:
    assert render_sample(compound_cis(), (earlier_sample(),)) == render_sample(compound_cis(), (earlier_sample(),))


def test_a_finding_shows_both_aligners_its_interval_and_what_nobody_did() -> None:
    findings = section(page_of(compound_cis()), "findings")
    first = next(findings.all("article"))
    text = first.text
    assert first.one("h3").text == "ALK L1196M"
    assert "p.(Leu1196Met) · c.3586C>A · chr2:g.29220765G>T · exon 23 · missense · NM_004304.5" in text
    assert "3.82%" in text
    assert "95% interval 3.05% to 4.59%" in text
    assert "Strong evidence" in text
    assert "gnomAD not consulted" in text
    assert "not inspected by eye yet" in text
    bwa, bowtie2 = rows(first.one("table"))[1:]
    assert bwa == ["bwa", "33,801", "1,291", "3.82%", "11877", "2", "16,241/16,242", "671/620", "passes"]
    assert bowtie2[0] == "bowtie2"


def test_an_inspected_finding_says_by_whom() -> None:
    result = weak_call()
    calls = tuple(msgspec.structs.replace(c, inspected="accepted by R. Reader") for c in result.calls)
    text = section(page_of(msgspec.structs.replace(result, calls=calls)), "findings").text
    assert "accepted by R. Reader" in text
    assert "not inspected" not in text


def test_a_weak_finding_gives_its_reason_and_comes_last() -> None:
    articles = list(section(page_of(weak_call()), "findings").all("article"))
    assert [a.attributes["class"] for a in articles] == ["finding strong", "finding weak"]
    assert "passes with bwa only; bowtie2: not significant in the caller's model (weak_evidence)" in articles[1].text
    assert "Weak evidence" in articles[1].text


def test_annotations_that_are_missing_are_not_consulted() -> None:
    result = weak_call()
    calls = tuple(msgspec.structs.replace(c, annotations={}) for c in result.calls)
    bare = msgspec.structs.replace(result, calls=calls, annotation_sources={})
    text = section(page_of(bare), "findings").text
    for source in ("gnomAD", "ClinVar", "BoostDM", "CIViC"):
        assert f"{source} not consulted" in text


def test_no_finding_is_said_with_the_limit_of_detection() -> None:
    text = section(page_of(no_calls()), "findings").text
    assert "No variant passed the filters" in text
    assert re.search(r"the limit of detection is 0\.\d\d–0\.\d\d%: a change below it would not have been seen", text)
    assert "7 of 64 known positions could not be assessed at all" in text


def test_a_sample_below_depth_says_nothing() -> None:
    page = page_of(below_depth())
    assert (
        "No limit of detection can be stated, so this says nothing about the tumour" in section(page, "findings").text
    )
    gate = section(page, "gate").text
    assert "Fail" in gate
    assert "No amplicon reaches 5,000 reads." in gate
    states = {row[1] for table in section(page, "drugs").all("table") for row in rows(table)[1:]}
    assert states == {"Not assessable"}


def test_a_missing_amplicon_is_named_wherever_somebody_may_look() -> None:
    page = page_of(missing_amplicon())
    assert "Limited" in section(page, "gate").text
    assert "Amplicon ROS1_E41 no usable reads" in section(page, "not-assessed").text
    assert "ROS1 Not covered L2155S" in section(page, "not-assessed").text
    (row,) = [r for r in rows(section(page, "known").one("table")) if r[0] == "ROS1 L2155S"]
    assert row[2:6] == ["Not covered", "–", "–", "0"]
    assert ["ROS1_E41", "Not covered"] in [[r[0], r[-1]] for r in rows(section(page, "map").one("table"))]


def drug_rows(page: Node) -> dict[str, list[str]]:
    found = {}
    for group in section(page, "drugs").all("tbody"):
        for row in group.children:
            if isinstance(row, Node) and row.attributes.get("class") == "row":
                cells = [c.text for c in row.children if isinstance(c, Node)]
                found.setdefault(cells[0], cells)
    return found


def test_drugs_have_their_state_evidence_and_positions() -> None:
    page = page_of(compound_cis())
    states = drug_rows(page)
    assert states["Lorlatinib"][1:3] == ["Resistance", "L1196M + G1202R"]
    assert states["Brigatinib therapy at sampling"][1] == "Resistance"
    assert states["Zotizalkib"][1] == "Not assessable"
    assert states["Zotizalkib"][-1] == "43 of 44"
    evidence = next(n for n in section(page, "drugs").all("details") if "Alectinib" in n.text)
    (cells,) = rows(evidence.one("table"))[1:]
    assert cells[0] == "L1196M + G1202R in cis EML4::ALK"
    assert cells[2:5] == ["2461", "19", "130"]
    assert "Villa et al., npj Precis Oncol 2024;8:29" in cells[7]
    assert "cross-study fold" in cells[7]


def test_the_drugs_are_summed_up_before_they_are_listed() -> None:
    glances = [
        n.text for n in section(page_of(compound_cis()), "drugs").all("div") if n.attributes.get("class") == "glance"
    ]
    assert glances[0].startswith("Resistance: Crizotinib, Brigatinib, Ceritinib, Alectinib, Lorlatinib Not assessable:")
    assert glances[1] == "None found: Crizotinib, Lorlatinib, Repotrectinib, Entrectinib"


def test_what_holds_for_every_drug_is_said_once() -> None:
    result = weak_call()
    assert all("E1154K has weak evidence and is left out." in d.cautions for d in result.drugs if d.gene == "ALK")
    first = msgspec.structs.replace(result.drugs[0], cautions=(*result.drugs[0].cautions, "Only of the first."))
    text = section(page_of(msgspec.structs.replace(result, drugs=(first, *result.drugs[1:]))), "drugs").text
    assert text.count("E1154K has weak evidence and is left out.") == 1
    assert text.count("Only of the first.") == 1
    assert "For every drug of this group: E1154K has weak evidence" in text


@pytest.mark.parametrize(
    ("summary", "first", "rest"),
    [
        ("One sentence.", "One sentence.", ""),
        ("Reduced: A (2 clones). B: fold 2.56 [1 row]. C.", "Reduced: A (2 clones).", "B: fold 2.56 [1 row]. C."),
        ("no stop", "no stop", ""),
        ("", "", ""),
    ],
)
def test_a_summary_is_split_behind_its_first_sentence(summary: str, first: str, rest: str) -> None:
    assert lead(summary) == first
    assert after_lead(summary) == rest


def test_censored_values_stay_censored() -> None:
    page = page_of(trans_clones())
    evidence = next(n for n in section(page, "drugs").all("details") if "Ceritinib" in n.text)
    values = {row[0].split()[0]: row[2:5] for row in rows(evidence.one("table"))[1:]}
    assert values["C1237Y"] == [">10000", "37", ">270"]


def test_none_found_stands_beside_its_limit() -> None:
    page = page_of(no_calls())
    for heading in section(page, "drugs").all("h3"):
        assert re.search(r"limits of detection over the assessed positions of (ALK|ROS1): 0\.\d\d", heading.text)
    assert all("above the limit of detection" in row[3] for row in drug_rows(page).values())


def test_a_control_has_no_drug_states() -> None:
    text = section(page_of(control()), "drugs").text
    assert "No state of a drug stands in this result: it is a control sample" in text
    assert "None found" not in text


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (compound_cis(), ["L1196M and G1202R", "In cis", "The same molecules carry both: one clone.", "978"]),
        (trans_clones(), ["C1235R and C1237Y", "In trans", "No molecule carries both"]),
        (weak_call(), ["Cannot be determined", "no fragment of 176 bp spans both"]),
        (no_calls(), ["Fewer than two changes were found"]),
        (msgspec.structs.replace(compound_cis(), phases=()), ["Phase was not computed", "is not known"]),
    ],
    ids=["cis", "trans", "undeterminable", "nothing", "not computed"],
)
def test_phase_is_said_in_words(result: SampleResult, words: list[str]) -> None:
    text = section(page_of(result), "phase").text
    assert all(word in text for word in words), text


def test_what_a_picture_cannot_show_is_named_below_it() -> None:
    page = page_of(no_calls())
    assert "Known changes outside this picture: R214H." in section(page, "limits").text
    result = weak_call()
    intronic = next(c for c in result.calls if c.evidence == "strong")
    variant = msgspec.structs.replace(intronic.variant, pos=29220703)
    named = intronic.consequence
    assert named is not None
    named = msgspec.structs.replace(named, protein="", hgvs_p="", hgvs_c="c.3645+3A>C", kind="intronic", exon=None)
    moved = msgspec.structs.replace(intronic, variant=variant, consequence=named)
    text = section(page_of(msgspec.structs.replace(result, calls=(moved,))), "map").text
    assert "Findings without a place in this picture: c.3645+3A>C." in text


def test_filtered_candidates_are_shown_with_reasons_and_are_no_findings() -> None:
    page = page_of(no_calls())
    table = rows(section(page, "filtered").one("table"))
    assert len(table) == 4
    assert all("min_vaf, strand_bias" in row[4] for row in table[1:])
    assert "N1243S" not in section(page, "findings").text


def test_versions_checksums_and_thresholds_stand_on_the_page() -> None:
    result = no_calls()
    page = page_of(result)
    methods = section(page, "methods").text
    for wanted in (
        result.panel.sha256,
        result.knowledge_base.sha256 if result.knowledge_base else "",
        result.inputs[0].sha256,
        "SIM09-relapse_R1.fastq.gz",
        "Smallest allele fraction 0.60%",
        "Smallest depth 5,000 reads",
        "kinescape 0.1.0",
    ):
        assert wanted in methods
    assert "bowtie2 2.5.0 --very-sensitive-local" in section(page, "reads").text
    none = page_of(msgspec.structs.replace(result, knowledge_base=None, drugs=()))
    assert "Knowledge base not consulted" in section(none, "methods").text
    assert "no knowledge base was consulted" in section(none, "drugs").text


def test_an_untested_version_of_an_aligner_is_said() -> None:
    result = no_calls()
    runs = tuple(msgspec.structs.replace(run, tested_version=False) for run in result.aligners)
    text = section(page_of(msgspec.structs.replace(result, aligners=runs)), "reads").text
    assert text.count("outside the tested range") == 2


def test_hostile_text_does_nothing_and_is_shown_as_it_is() -> None:
    page = read_page(PAGES["hostile"])
    programs = [script for script in page.all("script") if "type" not in script.attributes]
    assert len(programs) == len(list(page.all("style"))) == 1
    assert "<" not in str(page.one("script", id="inspection-data").children[0])
    shown = page.one("h1").text
    assert shown.startswith("<script>alert('x')</script>\"'&")
    assert "\u202e" not in PAGES["hostile"]
    assert "[U+202E]" in shown
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in page.one("header").text
    assert '"><script>2</script>' in page.text
    style = next(page.all("style"))
    assert "</style>" not in str(style.children[0])
    assert HOSTILE not in str(style.children[0])


def test_a_result_with_nothing_in_it_still_has_a_page() -> None:
    full = no_calls()
    empty = msgspec.structs.replace(
        full,
        knowledge_base=None,
        inputs=(),
        aligners=(),
        amplicons=(),
        coverage=(),
        calls=(),
        known_positions=(),
        drugs=(),
        not_assessed=(),
        annotation_sources={},
        genes=(),
    )
    page = page_of(empty)
    assert "This result holds no coverage to draw" in page.text
    assert "No limit of detection can be stated" in page.text
    assert "The panel lists no known position" in page.text
    call = msgspec.structs.replace(weak_call().calls[0], by_aligner=(), consequence=None, background_ratio=None)
    page_of(msgspec.structs.replace(empty, calls=(call,)))


def test_the_course_shows_what_was_and_was_not_seen() -> None:
    course = course_of(compound_cis(), (earlier_sample(),))
    assert course is not None
    assert [visit.sample for visit in course.visits] == ["SIM01-first", "SIM01-relapse"]
    by_name = {track.name: track.points for track in course.tracks}
    assert [p.state for p in by_name["ALK L1196M"]] == ["detected", "detected"]
    before, after = by_name["ALK G1202R"]
    assert (before.state, before.vaf, after.vaf) == ("not_detected", None, 0.0379)
    assert before.lod95 == pytest.approx(0.0086, abs=1e-4)
    page = page_of(compound_cis(), earlier_sample())
    text = section(page, "course").text
    assert "ALK G1202R Not detected LoD95 0.86% Detected 3.79%" in text
    assert "ALK G1202R: none found, limit 0.86%, then 3.79%" in text
    assert "#course" in [a.attributes["href"] for a in page.one("nav").all("a")]


def test_a_gap_in_the_course_is_a_gap() -> None:
    shallow = msgspec.structs.replace(
        below_depth(), sample=msgspec.structs.replace(below_depth().sample, patient="SIM-P01", date="2021-01-01")
    )
    text = section(page_of(compound_cis(), shallow), "course").text
    assert "ALK G1202R: not assessed, then 3.79%" in text
    assert "ALK G1202R Below depth Detected 3.79%" in text


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (trans_clones(), "not the same patient; found 'SIM-P06'; expected patient 'SIM-P01'"),
        (compound_cis(), "stands in its own history"),
    ],
)
def test_a_history_belongs_to_the_patient(other: SampleResult, told: str) -> None:
    with pytest.raises(InputError) as caught:
        render_sample(compound_cis(), (other,))
    assert told in str(caught.value)


def test_two_samples_without_a_patient_are_not_one_patient() -> None:
    nameless = msgspec.structs.replace(no_calls(), sample=msgspec.structs.replace(no_calls().sample, patient=""))
    other = msgspec.structs.replace(control(), sample=msgspec.structs.replace(control().sample, patient=""))
    with pytest.raises(InputError, match="not the same patient"):
        render_sample(nameless, (other,))


@pytest.mark.parametrize(
    ("therapy", "current"),
    [("Lorlatinib", True), ("lorlatinib 100 mg, beyond progression", True), ("Brigatinib", False), ("", False)],
)
def test_the_drug_of_the_sample_is_marked(therapy: str, current: bool) -> None:
    result = no_calls()
    result = msgspec.structs.replace(result, sample=msgspec.structs.replace(result.sample, therapy=therapy))
    drug = next(d for d in result.drugs if d.drug == "Lorlatinib")
    assert is_current(drug, result) is current


# Contrast -----------------------------------------------------------------------------------------------------------


def themes() -> Iterator[tuple[str, dict[str, str]]]:
    """The colours of each theme, from the style as it is on a page."""
    style = str(next(read_page(PAGES["no_calls"]).all("style")).children[0])
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light: dict[str, str] = {}
    for name, block in zip(("light", "dark", "print"), blocks, strict=True):
        found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})", block))
        values = {k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in found.items()}
        light = light or values
        yield name, light | values if name == "print" else values


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *((ink, ground) for ink in ("ink", "soft") for ground in ("bg", "paper", "faint", "grey-bg", "hatch", "dark")),
    *(("ink", ground) for ground in ("domain", "blind", "depth")),
    *((f"tone{i}", "paper") for i in range(7)),
    *((ink, ground) for ink in ("resist", "reduced", "none", "grey", "accent") for ground in ("paper", "bg")),
    *((state, f"{state}-bg") for state in ("resist", "reduced", "none", "grey", "good")),
    ("resist", "blind"),
    ("resist", "depth"),
    ("sim-ink", "sim-a"),
    ("sim-ink", "sim-b"),
]
"""(text, ground) that meet on a page."""


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_has_the_contrast_of_wcag_aa(theme: str) -> None:
    colours = dict(themes())[theme]
    ratios = {(a, b): contrast(colours[a], colours[b]) for a, b in TEXT}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_the_themes_name_the_same_colours() -> None:
    found = [set(colours) for _, colours in themes()]
    assert found[0] == found[1] == found[2]


def test_the_hostile_example_is_hostile() -> None:
    assert "<script>" in hostile().sample.sample
