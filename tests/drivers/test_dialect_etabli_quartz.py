"""The page of etabli-quartz/1 can be trusted: its session, its grammar and its C code are what the dialect speaks."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.dialects import Frame, load

PAGE = (Path(__file__).parents[2] / "docs" / "protocols" / "etabli-quartz-1.md").read_text("utf-8")
WORKED = [line.rstrip() for line in PAGE.splitlines() if re.fullmatch(r"(?:\w+ +)?[><~!]\d{4} .*\*[0-9A-F]{4}", line)]


def test_the_worked_session_is_the_examples_of_the_file():
    shown = [line for line in WORKED if line[0] in "><~!"]
    assert shown == [example.raw.decode().rstrip() for example in load("etabli-quartz-1").data.examples]


def test_every_line_of_the_page_is_understood_by_the_side_that_receives_it():
    dialect = load("etabli-quartz-1")
    for line in WORKED:
        spoken = line.split(maxsplit=1)[1] if line[0] not in "><~!" else line
        listener = dialect.device_decoder() if spoken.startswith(">") else dialect.host_decoder()
        (frame,) = listener.feed(spoken.encode() + b"\r\n")
        assert isinstance(frame, Frame), frame


def test_every_message_stands_in_the_session():
    data = load("etabli-quartz-1").data
    for direction, messages in (("command", data.commands), ("reply", data.replies)):
        shown = {example.name for example in data.examples if example.direction == direction}
        assert shown == {message.name for message in messages}


def test_every_reply_but_the_greeting_repeats_the_requests_number():
    for reply in load("etabli-quartz-1").data.replies:
        assert reply.name == "ready" or "sequence" in reply.places()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_the_c_code_of_the_page_computes_the_crcs_of_the_page(tmp_path):
    code = "\n".join(re.findall(r"```c\n(.*?)```", PAGE, re.DOTALL))
    main = """
    int main(void) {
        char line[200];
        if (etabli_crc("123456789", 9) != 0x29B1) return 2;
        while (fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\\r\\n")] = 0;
            char again[200];
            if (!etabli_valid(line)) return 3;
            strcpy(again, line);
            again[strlen(again) - 4] = 0;
            etabli_finish(again);
            again[strcspn(again, "\\r\\n")] = 0;
            if (strcmp(again, line)) return 4;
            line[2] ^= 1;
            if (etabli_valid(line)) return 5;
        }
        return 0;
    }
    """
    source, program = tmp_path / "page.c", tmp_path / "page"
    source.write_text(code + main)
    subprocess.run(["cc", "-Wall", "-Werror", "-o", str(program), str(source)], check=True)
    lines = "".join(line + "\n" for line in WORKED if line[0] in "><~!")
    assert subprocess.run([str(program)], input=lines, text=True, check=False).returncode == 0
