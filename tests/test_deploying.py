"""What docs/running.md tells people to copy is there, and is what nginx and systemd can read."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from config import env

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
RUNNING = (ROOT / "docs" / "running.md").read_text()
UNITS = sorted(DEPLOY.glob("*.service"))
HOME = "/srv/doorstep/app"


def unit_of(path):
    found = configparser.RawConfigParser(strict=True)
    found.optionxform = str
    found.read_string(path.read_text())
    return found


def nginx_parts(text):
    """Return the directives as [words, inner directives or None]; fails on a brace too few."""
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[^\s;{}"]+|[;{}]', text)

    def block(at):
        found, words = [], []
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if token == ";":
                assert words, "a lonely semicolon"
                found.append([words, None])
                words = []
            elif token == "{":
                inner, at = block(at)
                found.append([words, inner])
                words = []
            elif token == "}":
                assert not words, f"no semicolon after {words}"
                return found, at
            else:
                words.append(token.strip('"'))
        assert not words, f"no semicolon after {words}"
        return found, at

    return block(0)[0]


def named(parts, name):
    return [(words, inner) for words, inner in parts if words[0] == name]


def test_every_file_the_page_names_is_there_and_every_file_there_is_named():
    for path in re.findall(r"deploy/[\w.-]+\w", RUNNING):
        assert (ROOT / path).is_file(), path
    for path in DEPLOY.iterdir():
        assert f"deploy/{path.name}" in RUNNING


def test_the_settings_we_hand_out_lack_nothing_but_a_secret():
    lines = shlex.split((DEPLOY / "doorstep.env").read_text(), comments=True)
    given = dict(line.split("=", 1) for line in lines)
    with pytest.raises(env.SettingsProblem) as problem:
        env.read(given)
    assert str(problem.value).startswith("DOORSTEP_SECRET_KEY must be a secret of your own")
    assert "\n" not in str(problem.value)
    read = env.read(given | {"DOORSTEP_SECRET_KEY": "q8Zr-4nVt_Lw2-yXhB7-cMk9-Pd3s-Ge6u-Jf1a-To5i"})
    assert read["PROXIES"] == 1
    assert read["BOROUGH"] == "Barking and Dagenham"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_what_is_there_and_may_write_where_it_must(path):
    service = unit_of(path)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert (ROOT / Path(program).relative_to(HOME)).is_file()
    assert words[0] in ("serve", "worker", "backup")
    writes = service["ReadWritePaths"].split()
    assert "/var/lib/doorstep" in writes
    assert f"DOORSTEP_DATA={writes[0]}\n" in (DEPLOY / "doorstep.env").read_text()
    if words[0] == "backup":
        assert words[2] in writes
    if words[0] == "serve":
        assert {f"{HOME}/build", f"{HOME}/locale"} <= set(writes)


def test_nginx_hands_on_who_asks_and_how():
    secure, plain = (inner for _words, inner in named(nginx_parts(NGINX), "server"))
    place = {words[1]: inner for words, inner in named(secure, "location")}["/"]
    to = named(place, "proxy_pass")[0][0][1]
    assert to == f"http://{env.KNOWN['HOST'].default}:{env.KNOWN['PORT'].default}"
    headers = {words[1]: words[2] for words, _inner in named(place, "proxy_set_header")}
    assert headers == {
        "Host": "$host",
        "X-Forwarded-Proto": "$scheme",
        "X-Forwarded-For": "$remote_addr",  # never $proxy_add_x_forwarded_for
    }
    most = named(secure, "client_max_body_size")[0][0][1]
    assert int(most.removesuffix("m")) > int(env.KNOWN["UPLOAD_MB"].default) * 4 + 2
    assert named(plain, "listen")[0][0][1] == "80"
    # "http2 on" is unknown to the nginx of Debian 12, which then doesn't start.
    assert not named(secure, "http2")


NGINX = (DEPLOY / "nginx.conf").read_text()


def test_nginx_itself_takes_the_file(tmp_path):
    assert shutil.which("nginx"), "bin/test installs it"
    key, paper = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=doorstep.example.org", "-keyout", str(key), "-out", str(paper)],
        check=True, capture_output=True,
    )  # fmt: skip
    site = NGINX.replace("/etc/letsencrypt/live/doorstep.example.org", str(tmp_path))
    site = re.sub(r"listen (\[::\]:)?(\d+)", r"listen \g<1>5\2", site)
    if not Path("/proc/net/if_inet6").exists():  # a machine that has no IPv6 can't listen there
        site = re.sub(r"listen \[::\].*;", "", site)
    (tmp_path / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} "
        f"http {{ access_log off; {places} include {tmp_path}/site.conf; }}"
    )
    said = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "log")],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr


def test_systemd_itself_takes_the_units(tmp_path):
    assert shutil.which("systemd-analyze"), "bin/test installs it"
    for path in [*UNITS, *DEPLOY.glob("*.timer")]:
        (tmp_path / path.name).write_text(path.read_text().replace(HOME, str(ROOT)))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
    )
    # It also speaks of what the machine lacks; a line about ours names the unit.
    ours = [line for line in said.stderr.splitlines() if "doorstep" in line]
    assert ours == []
    assert said.returncode == 0 or said.stderr


def test_nginx_speaks_new_tls_alone_with_ciphers_that_forget_and_prove():
    secure, _plain = (inner for _words, inner in named(nginx_parts(NGINX), "server"))
    assert named(secure, "ssl_protocols")[0][0][1:] == ["TLSv1.2", "TLSv1.3"]
    wanted = named(secure, "ssl_ciphers")[0][0][1]
    listed = subprocess.run(
        ["openssl", "ciphers", "-v", "-tls1_2", wanted], check=True, capture_output=True, text=True
    ).stdout
    ciphers = [line for line in listed.splitlines() if "TLSv1.2" in line.split()]
    assert len(ciphers) >= 4
    for line in ciphers:
        assert "Kx=ECDH" in line, line  # a key stolen later opens nothing of today
        assert "Mac=AEAD" in line, line
        assert "AESGCM(" in line or "CHACHA20/POLY1305(256)" in line, line


# Each takes something from whoever would take the service over.
SHUT_IN = {
    "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
    "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "UMask": "0077",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
}  # fmt: skip


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_shut_into_its_own_folders(path):
    service = unit_of(path)["Service"]
    assert {name: service.get(name) for name in SHUT_IN} == SHUT_IN
    assert service["User"] == "doorstep"
    if "backup" not in path.name:
        for name in ("ProtectKernelTunables", "ProtectControlGroups", "RestrictSUIDSGID"):
            assert service[name] == "yes"
