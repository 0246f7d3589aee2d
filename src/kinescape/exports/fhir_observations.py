"""The Observations of one sample: variants, known changes, regions, phase, therapeutic implications."""

from __future__ import annotations

from collections.abc import Iterator

from kinescape.cohort.phenopackets import HGNC
from kinescape.exports import fhir_codes as codes
from kinescape.exports.fhir_codes import Json
from kinescape.exports.fhir_parts import Parts, component, count, fraction, loinc
from kinescape.exports.maf import maf_alleles
from kinescape.exports.names import accession, hgvs_coding, hgvs_genomic, hgvs_protein
from kinescape.records import AmpliconCoverage, Call, DrugState, KnownPosition, PhaseVerdict
from kinescape.report.wording import (
    AMPLICON_STATES,
    PHASE,
    POSITION_STATES,
    POSITION_WORDS,
    drug_state_words,
    percent,
    short_call_name,
)

_VARIANT = loinc("69548-6", "Genetic variant assessment")
_LIMIT = codes.concept(codes.OWN, "lod95", "Limit of detection (95%), allele fraction")


class Observations:
    """Makes the Observations in the order of the report."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.result = parts.result

    def all(self) -> list[Json]:
        """Variants first, because the others refer to them."""
        result = self.result
        made = [self._call(call) for call in result.calls if call.evidence != "filtered"]
        made += [self._known(known) for known in result.known_positions if not self._called(known)]
        made += [self._region(amplicon) for amplicon in result.amplicons]
        made += [self._phase(phase) for phase in result.phases if self._both_there(phase)]
        made += [self._drug(drug) for drug in result.drugs]
        return made

    def _called(self, known: KnownPosition) -> bool:
        """Whether a call's own Observation says it already."""
        found = {call.variant for call in self.result.calls if call.evidence != "filtered"}
        return known.state in ("detected", "weak") and any(variant in found for variant in known.variants)

    def _call_id(self, name: str) -> str:
        return self.parts.uuid("variant", name)

    def _call(self, call: Call) -> Json:
        value = codes.PRESENT if call.evidence == "strong" else codes.INDETERMINATE
        made = self.parts.observation(
            self._call_id(call.variant.name), codes.profile("variant"), _VARIANT, value, *self._call_components(call)
        )
        made["method"] = loinc("LA26398-0", "Sequencing")
        notes = [f"{call.evidence} evidence", call.reason, call.known]
        notes += [f"{source}: {says}" for source, says in sorted(call.annotations.items())]
        notes.append(f"95% interval of the allele fraction: {percent(call.vaf_low)} to {percent(call.vaf_high)}")
        notes.append(f"looked at by a person: {call.inspected}" if call.inspected else "not inspected by a person")
        made["note"] = [{"text": self.parts.text(note)} for note in notes if note]
        return made

    def _call_components(self, call: Call) -> Iterator[Json]:
        variant, named, genome = call.variant, call.consequence, self.result.panel.genome
        if named is not None:
            yield self._gene(named.gene)
            yield component(
                loinc("51958-7", "Transcript reference sequence [ID]"),
                valueCodeableConcept=codes.concept(codes.REFSEQ, named.transcript),
            )
        for code, display, name in (
            ("48004-6", "DNA change (c.HGVS)", hgvs_coding(call)),
            ("81290-9", "Genomic DNA change (gHGVS)", hgvs_genomic(call, genome)),
            ("48005-3", "Amino acid change (pHGVS)", hgvs_protein(call)),
        ):
            if name:
                yield component(loinc(code, display), valueCodeableConcept=codes.concept(codes.HGVS, name, name))
        yield from self._place(variant.chrom, variant.pos, variant.pos + len(variant.ref) - 1)
        yield component(loinc("69547-8", "Genomic ref allele [ID]"), valueString=variant.ref)
        yield component(loinc("69551-0", "Genomic alt allele [ID]"), valueString=variant.alt)
        alleles = maf_alleles(variant)
        kind = "DELINS" if alleles.kind in ("INS", "DEL") and "-" not in (alleles.ref, alleles.alt) else alleles.kind
        yield component(
            loinc("48019-4", "DNA change type"),
            valueCodeableConcept=codes.concept(codes.SEQUENCE_ONTOLOGY, *codes.SEQUENCE_TERMS[kind]),
        )
        if named is not None:
            term = codes.CONSEQUENCE_TERMS[named.kind]
            yield component(
                codes.concept(codes.TBD, "molecular-consequence", "Molecular Consequence"),
                valueCodeableConcept=codes.concept(codes.SEQUENCE_ONTOLOGY, *term),
            )
        yield component(loinc("48002-0", "Genomic source class [Type]"), valueCodeableConcept=codes.UNKNOWN_ORIGIN)
        yield component(loinc("81258-6", "Sample variant allelic frequency [NFr]"), valueQuantity=fraction(call.vaf))
        numbers = min(call.by_aligner, key=lambda each: each.depth, default=None)
        if numbers is not None:
            yield component(loinc("82121-5", "Allelic read depth"), valueQuantity=count(numbers.alt_count, "reads"))
            depth = codes.concept(codes.OWN, "depth", "Reads at the position, the smaller number of the aligners")
            yield component(depth, valueQuantity=count(numbers.depth, "reads"))

    def _gene(self, gene: str) -> Json:
        number = HGNC.get(gene)
        value = codes.concept(codes.HGNC, number, gene) if number else {"text": gene}
        return component(loinc("48018-6", "Gene studied [ID]"), valueCodeableConcept=value)

    def _place(self, chrom: str, first: int, last: int) -> Iterator[Json]:
        """Where on the genome, 1-based and inclusive."""
        genome = self.result.panel.genome
        if genome in codes.ASSEMBLIES:
            assembly = codes.ASSEMBLIES[genome]
            yield component(
                loinc("62374-4", "Human reference sequence assembly version"), valueCodeableConcept=assembly
            )
        sequence = accession(chrom, genome)
        value = codes.concept(codes.REFSEQ, sequence, chrom) if sequence else {"text": chrom}
        yield component(loinc("48013-7", "Genomic reference sequence [ID]"), valueCodeableConcept=value)
        yield component(
            loinc("81254-5", "Genomic allele start-end"),
            valueRange={"low": {"value": first}, "high": {"value": last}},
        )
        yield component(loinc("92822-6", "Genomic coordinate system [Type]"), valueCodeableConcept=codes.ONE_BASED)

    def _known_id(self, known: KnownPosition) -> str:
        return self.parts.uuid("known", known.gene, known.protein)

    def _known(self, known: KnownPosition) -> Json:
        """A change that was looked for: absent with its limit, or no call with the reason."""
        name = f"{known.gene} {known.protein}"
        components = [self._gene(known.gene)]
        components.append(
            component(
                loinc("48005-3", "Amino acid change (pHGVS)"),
                valueCodeableConcept=codes.concept(codes.HGVS, f"p.({known.protein})", f"p.({known.protein})"),
            )
        )
        if len(known.variants) == 1:
            variant = known.variants[0]
            components += list(self._place(variant.chrom, variant.pos, variant.pos + len(variant.ref) - 1))
            components.append(component(loinc("69547-8", "Genomic ref allele [ID]"), valueString=variant.ref))
            components.append(component(loinc("69551-0", "Genomic alt allele [ID]"), valueString=variant.alt))
        if known.depth is not None:
            depth = codes.concept(codes.OWN, "depth", "Reads at the position, the smaller number of the aligners")
            components.append(component(depth, valueQuantity=count(known.depth, "reads")))
        notes = [f"{name}: {POSITION_STATES[known.state].lower()}: {POSITION_WORDS[known.state]}", known.reason]
        if known.state == "not_detected" and known.lod95 is not None:
            components.append(component(_LIMIT, valueQuantity=fraction(known.lod95)))
            notes.append(
                f"Absent means not seen at or above the limit of detection of {percent(known.lod95)} allele fraction "
                "(found with 95% probability there); a smaller fraction is not excluded."
            )
        made = self.parts.observation(
            self._known_id(known), codes.profile("variant"), _VARIANT, codes.variant_value(known), *components
        )
        made["note"] = [{"text": self.parts.text(note)} for note in notes if note]
        return made

    def _region_id(self, amplicon: AmpliconCoverage) -> str:
        return self.parts.uuid("region", amplicon.name)

    def _region(self, amplicon: AmpliconCoverage) -> Json:
        span = {"low": {"value": amplicon.start}, "high": {"value": amplicon.end}}
        words = f"{amplicon.name}, exon {amplicon.exon}: {AMPLICON_STATES[amplicon.state].lower()}"
        place = [c for c in self._place(amplicon.chrom, amplicon.start, amplicon.end) if "valueRange" not in c]
        components = [
            self._gene(amplicon.gene),
            component(loinc("81293-3", "Description of ranges of DNA sequences examined"), valueString=words),
            component(loinc("51959-5", "Range(s) of DNA sequence examined"), valueRange=span),
            *place,
        ]
        if amplicon.state != "covered":
            code = codes.concept(codes.TBD, "uncallable-regions", "Uncallable Regions")
            components.append(component(code, valueRange=span))
        code = loinc("53041-0", "DNA region of interest panel")
        made = self.parts.observation(
            self._region_id(amplicon), codes.profile("region-studied"), code, None, *components
        )
        made["note"] = [
            {"text": f"median depth {amplicon.median_depth}, least depth {amplicon.minimum_depth}, "
                     f"{amplicon.fragments} fragments"}
        ]  # fmt: skip
        return made

    def _both_there(self, phase: PhaseVerdict) -> bool:
        names = {call.variant.name for call in self.result.calls if call.evidence != "filtered"}
        return {phase.variant_a, phase.variant_b} <= names

    def _phase(self, phase: PhaseVerdict) -> Json:
        value = dict(codes.PHASES[phase.verdict])
        value["text"] = PHASE[phase.verdict]
        pair = (phase.variant_a, phase.variant_b)
        made = self.parts.observation(
            self.parts.uuid("phase", *sorted(pair)),
            codes.profile("sequence-phase-relationship"),
            loinc("82120-7", "Allelic phase"),
            value,
        )
        made["derivedFrom"] = [{"reference": f"urn:uuid:{self._call_id(name)}"} for name in pair]
        counts = f"fragments: both {phase.n11}, first only {phase.n10}, second only {phase.n01}, neither {phase.n00}"
        made["note"] = [{"text": self.parts.text(note)} for note in (phase.reason, counts) if note]
        return made

    def _drug(self, drug: DrugState) -> Json:
        components = [
            component(
                loinc("51963-7", "Medication assessed [ID]"), valueCodeableConcept={"text": self.parts.text(drug.drug)}
            ),
            component(
                codes.concept(codes.TBD, "predicted-therapeutic-implication", "Predicted Therapeutic Implication"),
                valueCodeableConcept={**codes.DRUGS[drug.state], "text": drug_state_words(drug)},
            ),
        ]
        levels = sorted({row.level for row in drug.evidence if row.level})
        components += [
            component(loinc("93044-6", "Level of evidence"), valueCodeableConcept={"text": self.parts.text(level)})
            for level in levels
        ]
        made = self.parts.observation(
            self.parts.uuid("drug", drug.gene, drug.drug),
            codes.profile("therapeutic-implication"),
            codes.concept(codes.TBD, "therapeutic-implication", "Therapeutic Implication"),
            None,
            *components,
        )
        made["derivedFrom"] = [{"reference": f"urn:uuid:{each}"} for each in self._grounds(drug)]
        assessed = f"{drug.assessed_positions} of {drug.known_positions} known positions could be assessed"
        notes = [drug.summary, assessed, *drug.cautions, "No drug is recommended."]
        made["note"] = [{"text": self.parts.text(note)} for note in notes if note]
        return made

    def _grounds(self, drug: DrugState) -> list[str]:
        """What the state rests on: the findings that it names, else what was looked at in the gene."""
        named = {part.strip() for each in drug.variants for part in each.split("+")}
        found = [
            self._call_id(call.variant.name)
            for call in self.result.calls
            if call.evidence != "filtered"
            and call.consequence is not None
            and call.consequence.gene == drug.gene
            and short_call_name(call) in named
        ]
        looked = [a for a in self.result.amplicons if a.gene == drug.gene] or list(self.result.amplicons)
        return found or [self._region_id(amplicon) for amplicon in looked]
