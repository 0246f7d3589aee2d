"""What must hold for any variant, on both strands."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panel_samples import SYNTHETIC

from kinescape.coordinates import reverse_complement
from kinescape.panel.codons import translate
from kinescape.panel.edit import Edit, edit_of, shifted, stretch_around
from kinescape.panel.hgvs import combine, describe, normalise, variant_from_c, variant_from_g, variants_for_protein
from kinescape.panel.load import load_panel
from kinescape.panel.model import Gene, Panel
from kinescape.panel.place import parse_place, place_of, position_of
from kinescape.panel.protein_change import ProteinChange, parse_protein_change
from kinescape.records import Variant

PANELS = (load_panel(), load_panel(SYNTHETIC))
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BASES = st.text("ACGT", min_size=0, max_size=7)


@st.composite
def variants(draw: st.DrawFn) -> tuple[Panel, Variant]:
    """Any change near an exon of a window; short alphabets and copies make repeats, where placing is hard."""
    panel = draw(st.sampled_from(PANELS))
    gene = draw(st.sampled_from(list(panel.genes.values())))
    exons = [exon for exon in gene.exons if panel.window_at(gene.chrom, exon.start, exon.end)]
    exon = draw(st.sampled_from(exons))
    window = panel.window_at(gene.chrom, exon.start, exon.end)
    assert window is not None
    first, last = max(window.start, gene.start, exon.start - 12) + 1, min(window.end, gene.end, exon.end + 12) - 8
    start = draw(st.integers(first, last))
    length = draw(st.integers(0, 7))
    ref = panel.bases(gene.chrom, start, start + length)
    alt = draw(st.one_of(BASES, st.just(""), st.just(ref * 2), st.just(panel.bases(gene.chrom, start, start + 3))))
    anchor = panel.base(gene.chrom, start - 1)
    if ref == alt:
        alt = alt + "A"
    return panel, Variant(chrom=gene.chrom, pos=start, ref=anchor + ref, alt=anchor + alt)


def haplotype(panel: Panel, variant: Variant) -> str:
    """The stretch around the variant as the changed molecule reads it."""
    stretch = panel.stretch_at(variant.chrom, variant.pos - 1, variant.pos - 1 + len(variant.ref))
    assert stretch is not None
    at = variant.pos - 1 - stretch.start
    return stretch.sequence[:at] + variant.alt + stretch.sequence[at + len(variant.ref) :]


@QUICK
@given(variants())
def test_normalising_keeps_the_molecule_and_is_idempotent(drawn: tuple[Panel, Variant]) -> None:
    panel, variant = drawn
    normal = normalise(panel, variant)
    assert haplotype(panel, normal) == haplotype(panel, variant)
    assert normalise(panel, normal) == normal
    assert normal.ref[-1] != normal.alt[-1] or min(len(normal.ref), len(normal.alt)) == 1


@QUICK
@given(variants())
def test_names_come_back_to_the_variant(drawn: tuple[Panel, Variant]) -> None:
    panel, variant = drawn
    consequence = describe(panel, variant)
    assert consequence is not None
    normal = normalise(panel, variant)
    assert variant_from_c(panel, consequence.gene, consequence.hgvs_c) == normal
    assert variant_from_g(panel, consequence.hgvs_g) == normal
    assert describe(panel, normal) == consequence
    again = describe(panel, variant_from_c(panel, consequence.gene, consequence.hgvs_c))
    assert again == consequence


@QUICK
@given(variants())
def test_the_named_protein_is_what_the_changed_molecule_codes_for(drawn: tuple[Panel, Variant]) -> None:
    """Translate the changed coding sequence; apply the named change to the protein; both must agree."""
    panel, variant = drawn
    consequence = describe(panel, variant)
    assert consequence is not None
    gene = panel.genes[consequence.gene]
    if consequence.kind in ("splice_site", "intronic", "utr", "start_lost", "stop_lost"):
        return
    changed = _changed_coding_sequence(gene, _inside_an_exon(panel, gene, edit_of(panel, variant)))
    made = translate(changed + gene.utr3)
    if consequence.kind == "synonymous":
        assert consequence.protein == ""
        assert made[: made.index("*")] == gene.protein
        return
    expected = made[: made.index("*")] if "*" in made else made
    change = parse_protein_change(consequence.protein)
    assert change == parse_protein_change(consequence.hgvs_p)
    assert _applied(gene.protein, change, expected) == expected


def _inside_an_exon(panel: Panel, gene: Gene, edit: Edit) -> Edit:
    """An equivalent place strictly inside a coding exon; if there is none, at the end of one."""
    stretch = stretch_around(panel, edit)
    assert stretch is not None
    left, right = shifted(edit, stretch, -1), shifted(edit, stretch, 1)
    for margin in (1, 0):
        for place in (left, right):
            for exon in gene.exons:
                if exon.coding_start + margin <= place.start and place.end <= exon.coding_end - margin:
                    return place
    raise AssertionError(f"{edit} is in no exon")


def _changed_coding_sequence(gene: Gene, edit: Edit) -> str:
    """Spliced from the exons, the edit made in the one that holds it."""
    parts: list[str] = []
    for exon in gene.exons:
        if not exon.c_first:
            continue
        part = gene.cds[exon.c_first - 1 : exon.c_last]
        plus = part if gene.strand > 0 else reverse_complement(part)
        if exon.coding_start <= edit.start and edit.end <= exon.coding_end:
            plus = plus[: edit.start - exon.coding_start] + edit.alt + plus[edit.end - exon.coding_start :]
        parts.append(plus if gene.strand > 0 else reverse_complement(plus))
    return "".join(parts)


def _applied(protein: str, change: ProteinChange, expected: str) -> str:
    """The protein with a named change; of a frameshift, only where it starts and ends is named."""
    before, after = protein[: change.first - 1], protein[change.last :]
    if change.form == "frameshift":
        assert expected[: change.first] == before + change.alt
        if change.distance is not None:
            assert len(expected) == change.first - 1 + change.distance - 1
        return expected
    if change.form == "extension":
        assert len(expected) == len(protein) + (change.distance or 0)
        return expected
    inside = protein[change.first - 1 : change.last]
    made = {
        "substitution": change.alt,
        "delins": change.alt,
        "del": "",
        "dup": inside * 2,
        "ins": inside[:1] + change.alt + inside[1:],
    }[change.form]
    return (before + made + after).partition("*")[0]


@QUICK
@given(st.sampled_from(PANELS), st.data())
def test_places_and_positions_are_inverse(panel: Panel, data: st.DataObject) -> None:
    gene = data.draw(st.sampled_from(list(panel.genes.values())))
    exon = data.draw(st.sampled_from(gene.exons))
    near = st.one_of(st.integers(exon.start, exon.end - 1), st.integers(exon.start - 40, exon.end + 40))
    position = min(max(data.draw(near), gene.start), gene.end - 1)
    place = place_of(gene, position)
    assert position_of(gene, place) == position
    assert parse_place(gene, place.text(gene)) == place
    if place.is_coding(gene):
        assert gene.position_of_coding_base(place.index + 1) == position
        assert position in gene.codon_positions(place.index // 3 + 1)


@QUICK
@given(st.sampled_from(PANELS), st.data())
def test_missense_and_back(panel: Panel, data: st.DataObject) -> None:
    """From a residue to its variants and back; every single-base way is found."""
    gene = data.draw(st.sampled_from(list(panel.genes.values())))
    residue = data.draw(st.integers(2, len(gene.protein)))
    position = gene.codon_positions(residue)[data.draw(st.integers(0, 2))]
    ref = panel.base(gene.chrom, position)
    alt = data.draw(st.sampled_from([base for base in "ACGT" if base != ref]))
    variant = Variant(chrom=gene.chrom, pos=position + 1, ref=ref, alt=alt)
    consequence = describe(panel, variant)
    assert consequence is not None
    if consequence.protein:
        assert variant in variants_for_protein(panel, gene.symbol, consequence.protein)
        assert variant in variants_for_protein(panel, gene.symbol, consequence.hgvs_p)
    assert combine(panel, [variant]) == consequence


@QUICK
@given(st.sampled_from(PANELS), st.data())
def test_parts_and_whole_of_a_codon_are_named_alike(panel: Panel, data: st.DataObject) -> None:
    """Two or three substitutions of one codon, given apart or as one variant."""
    gene = data.draw(st.sampled_from(list(panel.genes.values())))
    residue = data.draw(st.integers(2, len(gene.protein)))
    positions = sorted(gene.codon_positions(residue))
    if positions[2] - positions[0] != 2:
        return
    old = panel.bases(gene.chrom, positions[0], positions[0] + 3)
    new = data.draw(st.text("ACGT", min_size=3, max_size=3).filter(lambda text: text != old))
    parts = [
        Variant(chrom=gene.chrom, pos=position + 1, ref=a, alt=b)
        for position, a, b in zip(positions, old, new, strict=True)
        if a != b
    ]
    whole = Variant(chrom=gene.chrom, pos=positions[0] + 1, ref=old, alt=new)
    assert combine(panel, parts) == describe(panel, whole)
