"""How the commands speak: the person's language, names as they are, progress without a terminal."""

import io

import pytest

from fjordby.cli import show


@pytest.fixture
def heard(monkeypatch):
    """What is written to both streams, as to a file: there is no terminal."""
    streams = {}
    for name in ("out", "err"):
        streams[name] = io.StringIO()
        monkeypatch.setattr(getattr(show, name), "_file", streams[name])
    return streams


@pytest.mark.parametrize(
    ("machine", "language"),
    [
        ({"LANG": "da_DK.UTF-8"}, "da"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "C", "LC_ALL": "da_DK"}, "da"),
        ({"LANG": "da_DK.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "da_DK.UTF-8"}, "da"),
        ({"LANG": "da_DK.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "da"}, "da"),
        ({"LANG": "dav_KE.UTF-8"}, "en"),
    ],
)
def test_we_speak_as_the_machine_says(machine, language, monkeypatch):
    """In the order of POSIX: LC_ALL, then LC_MESSAGES, then LANG (IEEE 1003.1, chapter 8.2)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in machine.items():
        monkeypatch.setenv(name, value)
    assert show.own_language() == language


def test_names_with_brackets_are_shown_as_they_are(heard):
    """A storm [1872] or a folder [/] is a name, not a way to write."""
    show.table("Town [/] of [red]", ["Storm [a]"], [["1872 [red]mark[/red] [/b]"]])
    show.say("in /tmp/[x] [/]")
    text = heard["out"].getvalue()
    for name in ("Town [/] of [red]", "Storm [a]", "1872 [red]mark[/red] [/b]", "/tmp/[x] [/]"):
        assert name in text


def test_progress_without_a_terminal_is_one_line_for_each_piece_of_work(heard):
    with show.waiting() as report:
        for share, doing in [(0.0, "one [/]"), (0.1, "one [/]"), (0.5, "two"), (1.0, "")]:
            report(share, doing)
    lines = [line.rstrip() for line in heard["err"].getvalue().splitlines() if line.strip()]
    assert lines == ["  0 %  one [/]", " 50 %  two"]
    assert "\x1b" not in heard["err"].getvalue()
    assert not heard["out"].getvalue()


def test_work_stopped_by_hand_says_what_is_kept(heard):
    def stop():
        raise KeyboardInterrupt

    assert show.teach(stop) == 130
    assert "run the same command to go on" in heard["err"].getvalue()
