"""Files by which MultiQC shows a run without any configuration: "custom content", found by the end of their names.

Each file (``*_mqc.json``) is one section: its head (id, name, description, how to plot) and its data by sample, as
MultiQC's documentation of custom content describes them. The files hold what ``result.json`` holds; nothing is computed
here. MultiQC itself is no part of kinescape: ``multiqc OUT`` of any installation reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kinescape.identity.check import IdentityCheck
from kinescape.palette import ALIGNERS, LIGHT, SERIES
from kinescape.records import SampleResult
from kinescape.report.wording import GATE, SILENT_STATES

PARENT = {
    "parent_id": "kinescape",
    "parent_name": "kinescape",
    "parent_description": "Kinase-inhibitor resistance from plasma DNA. Research use only.",
}
Section = dict[str, Any]


def multiqc_files(results: Sequence[SampleResult], check: IdentityCheck | None = None) -> dict[str, str]:
    """File name -> content. A run without a result gives no file."""
    if not results:
        return {}
    note = " SIMULATED samples are among them." if any(result.simulated for result in results) else ""
    sections = [_general(results), _gates(results), _findings(results), _reads(results), _depth(results)]
    sections += [_background(results), _limits(results)]
    if check is not None:
        sections.append(_identity(check))
    files = {}
    for section in sections:
        if section.get("description"):
            section["description"] += note
        files[f"{section['id']}_mqc.json"] = msgspec.json.format(msgspec.json.encode(section), indent=1).decode() + "\n"
    return files


def _name(result: SampleResult) -> str:
    return result.sample.sample


def _general(results: Sequence[SampleResult]) -> Section:
    """Columns of the table on top of MultiQC's page."""
    return {
        "id": "kinescape_general",
        "plot_type": "generalstats",
        "headers": {
            "gate": {"title": "Gate", "description": "Whether the sample can answer the question", "scale": False,
                     "cond_formatting_rules": _gate_rules(), "cond_formatting_colours": _gate_colours()},
            "findings": {"title": "Findings", "description": "Calls of strong evidence", "format": "{:,.0f}", "min": 0},
            "on_target": {"title": "On target", "description": "Reads on the panel's amplicons", "suffix": "%",
                          "min": 0, "max": 100, "format": "{:,.1f}"},
            "depth": {"title": "Lowest depth", "description": "Smallest median depth of an amplicon", "suffix": "x",
                      "min": 0, "format": "{:,.0f}"},
            "limit": {"title": "Worst LoD95", "description": "Highest limit of detection of a position where nothing "
                      "was detected; empty where there is none", "suffix": "%", "min": 0, "format": "{:,.2f}"},
        },
        "data": {_name(result): _general_row(result) for result in results},
    }  # fmt: skip


def _general_row(result: SampleResult) -> dict[str, Any]:
    limits = [k.lod95 for k in result.known_positions if k.state == "not_detected" and k.lod95 is not None]
    row: dict[str, Any] = {
        "gate": GATE[result.gate.status],
        "findings": sum(call.evidence == "strong" for call in result.calls),
        "on_target": round(100 * result.qc.on_target_fraction, 3),
    }
    if result.amplicons:
        row["depth"] = min(amplicon.median_depth for amplicon in result.amplicons)
    if limits:
        row["limit"] = round(100 * max(limits), 4)
    return row


def _gate_rules() -> dict[str, list[dict[str, str]]]:
    return {status: [{"s_eq": words}] for status, words in GATE.items()}


def _gate_colours() -> list[dict[str, str]]:
    return [{"pass": LIGHT["good"]}, {"limited": LIGHT["reduced"]}, {"fail": LIGHT["resist"]}]


def _gates(results: Sequence[SampleResult]) -> Section:
    return {
        "id": "kinescape_gates",
        "section_name": "Gates",
        "description": "Whether each sample can answer the question, and why not.",
        "plot_type": "table",
        "pconfig": {"id": "kinescape_gates_table", "title": "kinescape: gates", "namespace": "kinescape"},
        "headers": {
            "gate": {"title": "Gate", "scale": False, "cond_formatting_rules": _gate_rules(),
                     "cond_formatting_colours": _gate_colours()},
            "assessed": {"title": "Positions assessed", "format": "{:,.0f}", "min": 0},
            "known": {"title": "Known positions", "format": "{:,.0f}", "min": 0, "scale": False},
            "reasons": {"title": "Reasons", "scale": False},
        },
        "data": {
            _name(result): {
                "gate": GATE[result.gate.status],
                "assessed": sum(k.state not in SILENT_STATES for k in result.known_positions),
                "known": len(result.known_positions),
                "reasons": "; ".join(result.gate.reasons) or "none",
            }
            for result in results
        },
        **PARENT,
    }  # fmt: skip


def _bar(
    id_: str, name: str, description: str, label: str, categories: dict[str, Any], data: dict[str, Any]
) -> Section:
    return {
        "id": id_,
        "section_name": name,
        "description": description,
        "plot_type": "bargraph",
        "pconfig": {"id": f"{id_}_plot", "title": f"kinescape: {name.lower()}", "ylab": label},
        "categories": categories,
        "data": data,
        **PARENT,
    }


def _findings(results: Sequence[SampleResult]) -> Section:
    colours = {"strong": SERIES[1], "weak": SERIES[4], "filtered": LIGHT["hatch"]}
    names = {"strong": "strong evidence", "weak": "weak evidence", "filtered": "filtered candidates"}
    return _bar(
        "kinescape_findings", "Findings", "Called changes by evidence. No bar is no proof of absence: see the limits.",
        "calls",
        {key: {"name": names[key], "color": colours[key]} for key in names},
        {_name(r): {key: sum(call.evidence == key for call in r.calls) for key in names} for r in results},
    )  # fmt: skip


def _reads(results: Sequence[SampleResult]) -> Section:
    data = {}
    for result in results:
        reads = 2 * result.qc.pairs
        on_target = round(reads * result.qc.on_target_fraction)
        data[_name(result)] = {"on": on_target, "off": reads - on_target}
    return _bar(
        "kinescape_reads", "Reads", "Reads that the first aligner placed on the panel's amplicons, and the others.",
        "reads",
        {"on": {"name": "on target", "color": SERIES[0]}, "off": {"name": "elsewhere", "color": LIGHT["hatch"]}},
        data,
    )  # fmt: skip


def _depth(results: Sequence[SampleResult]) -> Section:
    """Median depth of every amplicon; one that a sample lacks stands as 0, as it was measured."""
    names = list(dict.fromkeys(a.name for result in results for a in result.amplicons))
    return {
        "id": "kinescape_depth",
        "section_name": "Depth",
        "description": "Median depth of each amplicon.",
        "plot_type": "heatmap",
        "pconfig": {"id": "kinescape_depth_plot", "title": "kinescape: median depth", "min": 0, "square": False,
                    "xlab": "amplicon", "ylab": "sample", "zlab": "median depth", "xcats_samples": False,
                    "tt_decimals": 0},
        "data": {
            _name(result): {name: next((a.median_depth for a in result.amplicons if a.name == name), None)
                            for name in names}
            for result in results
        },
        **PARENT,
    }  # fmt: skip


def _background(results: Sequence[SampleResult]) -> Section:
    aligners = list(dict.fromkeys(name for result in results for name in result.qc.mismatches_per_base))
    section = _bar(
        "kinescape_background", "Background",
        "Mismatches per base outside called variants, by aligner. Healthy controls are named as such.",
        "mismatches per base",
        {name: {"name": name, "color": ALIGNERS.get(name, SERIES[2])} for name in aligners},
        {_name(r) + (" (control)" if r.sample.role == "control" else ""): dict(r.qc.mismatches_per_base)
         for r in results},
    )  # fmt: skip
    section["pconfig"] |= {"stacking": "group", "cpswitch": False, "tt_decimals": 5}
    return section


def _limits(results: Sequence[SampleResult]) -> Section:
    names = {"detected": "detected", "weak": "weak evidence", "not_detected": "not detected above the limit",
             "below_depth": "below depth", "not_covered": "not covered", "not_on_panel": "not on panel"}  # fmt: skip
    colours = [SERIES[1], SERIES[4], SERIES[0], LIGHT["unknown"], LIGHT["hatch"], LIGHT["line"]]
    return _bar(
        "kinescape_positions", "Known positions", "What can be said of the known resistance changes of the panel.",
        "known changes",
        {key: {"name": name, "color": colour} for (key, name), colour in zip(names.items(), colours, strict=True)},
        {_name(r): {key: sum(k.state == key for k in r.known_positions) for key in names} for r in results},
    )  # fmt: skip


def _identity(check: IdentityCheck) -> Section:
    concerns = {f"{number}": {"samples": samples, "what": what} for number, (samples, what) in
                enumerate(check.concerns, start=1)}  # fmt: skip
    sites = len(check.germline_sites)
    nothing = "nothing speaks for a swap or a mixture, as far as it can be told"
    return {
        "id": "kinescape_identity",
        "section_name": "Samples against each other",
        "description": f"Swaps and mixtures, from {sites} germline difference{'' if sites == 1 else 's'} between the "
        "people of the run. Few sites can tell little: see identity.tsv and contamination.tsv.",
        "plot_type": "table",
        "pconfig": {"id": "kinescape_identity_table", "title": "kinescape: samples against each other",
                    "col1_header": "No.", "namespace": "kinescape", "no_violin": True},
        "headers": {"samples": {"title": "Samples", "scale": False}, "what": {"title": "Concern", "scale": False}},
        "data": concerns or {"–": {"samples": "all", "what": nothing}},
        **PARENT,
    }  # fmt: skip
