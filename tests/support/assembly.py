"""A synthesized deployment as the commands read it: as an assembly, and as the files that ``cdk synth`` writes."""

from __future__ import annotations

import json
from pathlib import Path

from ops.assembly import Assembly, StackFile
from tests.support.deployment import Deployment
from tests.support.references import ROOT


def assembly_of(deployment: Deployment) -> Assembly:
    """What ``read_assembly`` would give."""
    templates = deployment.templates
    return Assembly(
        root=StackFile(name=deployment.settings.name, template=dict(templates[ROOT]), bytes=0),
        nested=tuple(
            StackFile(name=name, template=dict(template), bytes=0)
            for name, template in templates.items()
            if name != ROOT
        ),
        region=deployment.environment.rpartition("/")[2],
    )


def write_assembly(deployment: Deployment, folder: Path) -> Path:
    """The files of it that the commands read. Gives the folder."""
    name, files = deployment.settings.name, {}
    root = json.loads(json.dumps(deployment.templates[ROOT]))
    for number, (stack, template) in enumerate(deployment.templates.items()):
        if stack == ROOT:
            continue
        hash_ = f"{number:064x}"
        (folder / f"{stack}.json").write_text(json.dumps(template))
        files[hash_] = {"source": {"path": f"{stack}.json"}}
        [body] = [body for id_, body in root["Resources"].items() if id_.startswith(f"{stack}NestedStack")]
        body["Properties"]["TemplateURL"] = f"https://bucket/{hash_}.json"
    (folder / f"{name}.template.json").write_text(json.dumps(root))
    (folder / f"{name}.assets.json").write_text(json.dumps({"files": files}))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": deployment.environment,
        "properties": {"templateFile": f"{name}.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {name: artifact}}))
    return folder
