"""`local_aws.browser`: finds a browser that starts, installs one where there is none, and says what to do."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

import pytest

from local_aws import browser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its stand-ins are shell scripts")

WORKS = "#!/bin/sh\nexit 0\n"
BROKEN = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser; returns the folder that its PATH names."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for tool in ("env", "cp"):
        found = shutil.which(tool)
        assert found
        (commands / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "_USUAL_PLACES", ())
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return commands


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_browser_named_in_the_environment_comes_first(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(bare_machine / "chromium", WORKS)
    mine = script(tmp_path / "mine", WORKS)
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert browser.chromium() == mine


def test_a_wrong_name_in_the_environment_is_an_error_and_not_a_guess(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(bare_machine / "chromium", WORKS)
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(browser.BrowserError) as error:
        browser.install()
    assert str(error.value) == ("CHROMIUM=/no/such/browser does not start; name a working executable or unset it")


def test_what_does_not_start_is_passed_over(bare_machine: Path) -> None:
    script(bare_machine / "chromium", BROKEN)
    works = script(bare_machine / "google-chrome", WORKS)
    assert browser.chromium() == works


def test_playwrights_own_download_is_found(bare_machine: Path, tmp_path: Path) -> None:
    works = script(tmp_path / "playwright" / "chromium-1234" / "chrome-linux64" / "chrome", WORKS)
    assert browser.chromium() == works


def test_a_machine_without_a_browser_is_told_what_to_do(
    bare_machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["browser"])
    assert browser.main() == 1
    assert capsys.readouterr().err == (
        "error: no Chromium, Chrome or Edge found: run `python -m local_aws.browser --install`, "
        "or name an executable in the environment variable CHROMIUM\n"
    )


def test_installs_from_the_distribution_once(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    ready = script(tmp_path / "ready", WORKS)
    script(
        bare_machine / "apt-get",
        f'#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *install*) cp {ready} {bare_machine}/chromium;; esac\n',
    )
    monkeypatch.setattr(sys, "argv", ["browser", "--install"])
    assert [browser.main(), browser.main()] == [0, 0]
    assert log.read_text() == "-q -y update\n-q -y install --no-install-recommends chromium\n"
    assert capfd.readouterr().out == f"{bare_machine}/chromium\n" * 2


def test_a_failed_installation_says_which_command_failed(bare_machine: Path) -> None:
    script(bare_machine / "apt-get", "#!/bin/sh\nexit 100\n")
    with pytest.raises(browser.BrowserError, match=r"^exit code 100 from: env .*apt-get -q -y update\n"):
        browser.install()


def test_an_installation_that_brings_no_browser_is_an_error(bare_machine: Path) -> None:
    script(bare_machine / "apt-get", WORKS)
    with pytest.raises(browser.BrowserError, match="ended without an error, and still no Chromium"):
        browser.install()


def test_without_administrator_rights_playwright_downloads_one(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    target = tmp_path / "playwright" / "chromium-1" / "chrome-linux" / "chrome"
    ready = script(tmp_path / "ready", WORKS)
    target.parent.mkdir(parents=True)
    text = f'#!/bin/sh\n[ "$*" = "-m playwright install chromium" ] && cp {ready} {target}\n'
    monkeypatch.setattr(sys, "executable", str(script(tmp_path / "python", text)))
    assert browser.install() == target
