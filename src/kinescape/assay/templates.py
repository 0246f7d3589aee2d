"""Examples of the input tables: enough lines to see what goes where."""

from __future__ import annotations

TEMPLATES = {
    "wells": """\
# One line per well. Dose 0 is untreated. role (optional): sample, untreated, vehicle, blank, positive, day0.
experiment,variant,drug,dose,dose_unit,replicate,signal,role
exp1,WT,Crizotinib,0,nM,1,52100,untreated
exp1,WT,Crizotinib,10,nM,1,50300,sample
exp1,WT,Crizotinib,100,nM,1,24900,sample
exp1,WT,Crizotinib,1000,nM,1,2100,sample
exp1,,,0,nM,1,350,blank
""",
    "layout": """\
# One line per used well. plate and experiment may be added; each plate file is an experiment unless one is named.
well,variant,drug,dose,dose_unit,role
A1,WT,,0,nM,vehicle
A2,WT,Crizotinib,10,nM,sample
A3,WT,Crizotinib,100,nM,sample
A4,WT,Crizotinib,1000,nM,sample
H12,,,0,nM,blank
""",
    "growth": """\
# One line per count; replicates are further lines.
experiment,variant,time_h,count
exp1,WT,0,100000
exp1,WT,24,230000
exp1,L1196P,0,100000
exp1,L1196P,24,310000
""",
    "blot": """\
# One line per lane: band volumes above background. loading is optional.
experiment,variant,drug,dose,dose_unit,phospho,total,loading
blot1,WT,Crizotinib,0,nM,1200,1000,900
blot1,WT,Crizotinib,100,nM,480,1010,910
blot1,L1198R,Crizotinib,0,nM,1500,980,905
blot1,L1198R,Crizotinib,100,nM,1100,1005,899
""",
}


def template_text(kind: str) -> str:
    """The example table of this kind."""
    return TEMPLATES[kind]
