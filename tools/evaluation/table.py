"""Puts evaluations beside each other, in Markdown: python table.py A/quality.json B/quality.json…

Such as those of a model that was trained with interleaving and of one without.
"""

import json
import pathlib
import sys


def shown(figure: dict | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    value = figure["value"]
    text = {"share": f"{100 * value:.1f} %", "count": f"{value:.0f}"}.get(figure["form"], f"{value:.4g}")
    return text if figure.get("met", True) else f"{text} (not met)"


def main(files: list[pathlib.Path]) -> None:
    evaluations = [{each["name"]: each for each in json.loads(file.read_text())["figures"]} for file in files]
    titles = {name: figure["title"] for each in evaluations for name, figure in each.items()}
    print("| measure | " + " | ".join(file.parent.name for file in files) + " |")
    print("|---" * (len(files) + 1) + "|")
    for name, title in titles.items():
        print(f"| {title} | " + " | ".join(shown(each.get(name)) for each in evaluations) + " |")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([pathlib.Path(each) for each in sys.argv[1:]])
