"""The one module that a page loads: of the modules that were tested one by one, always the same, and named."""

from __future__ import annotations

import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from support.shared import shared

from api.pages.assets import module, script_words
from api.pages.bundle import join_modules, static_folder

TELL = """
const [module, evidence, trust, digest] = process.argv.slice(1);
const { readFileSync } = await import("node:fs");
const { verifyEvidence, readTrust } = await import(module);
const asked = { trust: await readTrust(readFileSync(trust, "utf8")), documentDigest: digest };
console.log(JSON.stringify(await verifyEvidence(new Uint8Array(readFileSync(evidence)), asked)));
"""


def test_the_module_verifies_the_worked_example(tmp_path: Path) -> None:
    path = tmp_path / "check.mjs"
    path.write_bytes(module().content)
    folder = shared("vectors/worked-example/trust.note").parent
    digest = sha256((folder / "document.txt").read_bytes()).hexdigest()
    arguments = [path.as_uri(), str(folder / "record-0-full.evidence"), str(folder / "trust.note"), digest]
    command = ["node", "--input-type=module", "-e", TELL, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "valid"
    assert [row["number"] for row in report["checks"]] == list(range(1, 20))


def test_the_same_sources_give_the_same_bytes_and_the_address_and_integrity_name_them() -> None:
    made = module()
    assert join_modules(static_folder()).encode() == made.content
    assert made.sha256 == sha256(made.content).hexdigest()
    assert made.sha256[:16] in made.address
    assert made.integrity.startswith("sha256-")


def test_it_fits_the_budget_and_holds_no_address_of_anybody_else() -> None:
    made = module()
    assert len(made.packed) + max(len(script_words(one).packed) for one in ("ko", "en")) < 60_000
    assert b"http" not in made.content
    assert b"\nimport " not in made.content


def modules(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder


def test_modules_that_need_each_other_are_joined_once_each_and_what_is_needed_comes_first(tmp_path: Path) -> None:
    folder = modules(
        tmp_path,
        entry='import { two as second } from "./two.js";\nimport { one } from "./one.js";\n'
        "console.log(one, second());\n",
        one="// a comment\nexport const one = 1;\nconst hidden = 2;\n",
        two='/**\n * One more.\n */\nimport { one } from "./one.js";\nconst hidden = 5;\n'
        "export function two() {\n  return one + hidden;\n}\n",
    )
    joined = join_modules(folder, "entry.js")
    assert joined.count("const one = 1;") == 1
    assert "comment" not in joined
    assert "One more" not in joined
    done = subprocess.run(["node", "--input-type=module", "-e", joined], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "6"]


@pytest.mark.parametrize(
    "source",
    [
        'import { entry } from "./entry.js";\nexport const one = entry;\n',
        'import all from "./two.js";\nexport const one = all;\n',
        "export const one = `a\n// no comment`;\n",
    ],
    ids=["a circle", "another import", "a text of several lines"],
)
def test_what_the_bundler_does_not_understand_it_refuses(tmp_path: Path, source: str) -> None:
    entry = 'import { one } from "./one.js";\nexport const entry = one;\n'
    folder = modules(tmp_path, entry=entry, one=source, two="export const two = 2;\n")
    with pytest.raises(ValueError, match=r"circle|not known|several lines"):
        join_modules(folder, "entry.js")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_module_gets_every_word_that_it_says(language: str) -> None:
    given = json.loads(script_words(language).content)["words"]
    asked = {
        name
        for path in static_folder().joinpath("page").iterdir()
        for name in re.findall(r'say\(\w+, (?:[^"`,)]*\? )?["`]([^"`]+)["`]', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 12
    for name in asked:
        pattern = re.compile(re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(name)))
        assert any(pattern.fullmatch(known) for known in given), name
