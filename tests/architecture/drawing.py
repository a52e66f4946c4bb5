"""Draws the diagrams of `docs/diagrams/` from the tables they show: `python -m tests.architecture.drawing`."""

import itertools
from collections.abc import Callable

from pendapa.directory.catalogue import rules as catalogue
from pendapa.operations.queueing import rules
from tests.architecture.layers import ROOT, contracts

FOLDER = ROOT / "docs" / "diagrams"
NOTE = "<!-- Drawn from code by `python -m tests.architecture.drawing`; a test compares. -->"


def ticket_states() -> str:
    """The life of a number, from `rules.STEPS`."""
    lines = ["stateDiagram-v2", "  [*] --> remote: issue from afar", "  [*] --> waiting: issue in the hall"]
    for act, step in rules.STEPS.items():
        lines += [f"  {source} --> {step.target}: {act.replace('_', ' ')}" for source in step.sources]
    lines += [f"  {state} --> [*]" for state in rules.ENDED]
    ends = "\n".join(f"| {state} | {end} |" for state, end in rules.AT_END_OF_DAY.items())
    undone = ", ".join(act.replace("_", " ") for act, step in rules.STEPS.items() if step.can_be_undone)
    return _page(
        "The life of a number",
        lines,
        f"An officer may undo for {rules.UNDO_FOR.seconds} seconds: {undone}.\n\n"
        f"At the end of the day what is still open ends:\n\n| state | becomes |\n|---|---|\n{ends}",
    )


def version_states() -> str:
    """The life of a version of a service's standard, from `catalogue.rules.STEPS`."""
    lines = ["stateDiagram-v2", f"  [*] --> {catalogue.State.DRAFT}: draft, from the version in force"]
    lines += [f"  {step.source} --> {step.target}: {act}" for act, step in catalogue.STEPS.items()]
    lines += [f"  {catalogue.State.DRAFT} --> [*]: discard", f"  {catalogue.State.PUBLISHED} --> [*]: the next begins"]
    return _page(
        "The life of a version",
        lines,
        "Somebody else publishes than who wrote last. What was published is never changed; only its last day is set, "
        f"when the next version begins. A standard is reviewed every {catalogue.REVIEW_YEARS} years at the latest "
        "(PermenPANRB 15/2014).",
    )


def layers() -> str:
    """The house, from the import contracts: an arrow means "may use"."""
    lines = ["flowchart TB"]
    for container, rows in contracts().items():
        name = container.removeprefix("pendapa").strip(".") or "pendapa"
        lines.append(f"  subgraph {name.replace('.', '_')}_ [{name}]")
        ids = [[f"{name.replace('.', '_')}_{part.strip('_')}" for part in row] for row in rows]
        for row, names in zip(ids, rows, strict=True):
            lines += [f"    {node}[{text}]" for node, text in zip(row, names, strict=True)]
        for upper, lower in itertools.pairwise(ids):
            lines.append(f"    {' & '.join(upper)} --> {' & '.join(lower)}")
        lines.append("  end")
    return _page(
        "The layers",
        lines,
        "Each layer may use all layers below it, never one above; siblings of one row do not know each other. "
        "Rooms that stand here without a folder yet come with their first feature.",
    )


def _page(title: str, lines: list[str], text: str) -> str:
    return "\n".join([f"# {title}", "", NOTE, "", "```mermaid", *lines, "```", "", text, ""])


PAGES: dict[str, Callable[[], str]] = {
    "ticket-states.md": ticket_states,
    "version-states.md": version_states,
    "layers.md": layers,
}

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, draw in PAGES.items():
        (FOLDER / page).write_text(draw())
