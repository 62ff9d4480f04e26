"""Every page, example and help text is held to the code: the commands, options, modules and targets it shows exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import ridescore

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/*.*")]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def examples(command: click.Command) -> Iterator[str]:
    """The example in the help of each command."""
    yield (command.help or "").partition("\b")[2]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from examples(each)


def shown() -> dict[str, str]:
    """What a user may copy, by where it stands: the code of pages, examples whole, the examples of every help text."""
    texts = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
    code = {name: "\n".join(CODE.findall(text)) if name.endswith(".md") else text for name, text in texts.items()}
    return code | {"--help": "\n".join(examples(ridescore))}


SHOWN = shown()


def lines(text: str, start: str) -> list[list[str]]:
    """The words after ``start`` in each command line of a text, up to where the shell would end it."""
    joined = text.replace("\\\n", " ")
    found = re.findall(rf"(?:^|(?<=[\s`$])){start} +([^\s`|&;#>)][^\n`|&;#>)]*)", joined, re.MULTILINE)
    return [[word.strip("[],'\"") for word in line.split()] for line in found]


def test_there_is_much_to_look_at() -> None:
    assert sum(len(lines(text, "ridescore")) for text in SHOWN.values()) > 100
    assert sum(len(lines(text, "make")) for text in SHOWN.values()) > 20


@pytest.mark.parametrize("place", SHOWN)
def test_commands_and_their_options_exist(place: str) -> None:
    for words in lines(SHOWN[place], r"(?<!-n )(?:ridescore|python -m cli)"):
        if not words[0][:1].isalpha():  # the name of an image or a service
            continue
        command: click.Command = ridescore
        rest = list(words)
        while isinstance(command, click.Group) and rest:
            assert rest[0] in command.commands, words
            command = command.commands[rest.pop(0)]
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("place", SHOWN)
def test_modules_that_are_run_exist(place: str) -> None:
    for module in re.findall(r"python -m ([a-z_.]*[a-z_])", SHOWN[place]):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


@pytest.mark.parametrize("place", SHOWN)
def test_targets_of_make_exist_and_read_the_variables_they_are_given(place: str) -> None:
    for target, *given in lines(SHOWN[place], "make"):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for name in (word.partition("=")[0] for word in given if re.match(r"[A-Z_]+=", word)):
            assert f"$({name})" in MAKEFILE, name
