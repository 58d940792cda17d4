"""What can be known of the deployment without a cluster: its files hang together, and with the code."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml
from starlette.routing import Route

from cli import program
from commands.observation import observing
from core.settings import Settings
from tests.architecture.project import ROOT

KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
OBJECTS: Final[list[dict[str, Any]]] = [
    found for file in sorted(KUBERNETES.glob("*.yaml")) for found in yaml.safe_load_all(file.read_text())
]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()
OURS: Final = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "all-over-apps"}
SETTINGS: Final = {name.upper() for name in Settings.model_fields}
COMMANDS: Final = {one.name or one.callback.__name__ for one in program.registered_commands if one.callback}
SAMPLES: Final = {
    "<10.0.0.0/8>": "10.0.0.0/8",
    "<whsec_…>": "whsec_bmV3ZXN0IHNlY3JldA==",
    "<user>:<password>@<cluster>": "ann:secret@db.example.com",
    ":<password>@<host>": ":secret@redis.example.com",
}
"""What somebody fills in; of the rest the brackets are taken off."""


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in OBJECTS if one["kind"] == kind]


def filled_in(value: str) -> str:
    for sample, meant in SAMPLES.items():
        value = value.replace(sample, meant)
    return re.sub("[<>]", "", value)


DEPLOYMENTS: Final = of_kind("Deployment")
by_name = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["metadata"]["name"])


def container_of(deployment: dict[str, Any]) -> dict[str, Any]:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(container)


class TestKubernetes:
    def test_the_settings_that_it_gives_start_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (settings,), (secret,) = of_kind("ConfigMap"), of_kind("Secret")
        given = {**settings["data"], **secret["stringData"]}
        assert given.keys() <= SETTINGS
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, filled_in(value))
        assert Settings().is_production

    @by_name
    def test_runs_a_command_that_exists(self, deployment: dict[str, Any]) -> None:
        program, command = container_of(deployment)["args"]
        assert program == "allover"
        assert command in COMMANDS

    @by_name
    def test_asks_for_health_where_it_is_served(self, deployment: dict[str, Any], settings: Settings) -> None:
        container = container_of(deployment)
        served = {route.path for route in observing(settings).routes if isinstance(route, Route)}
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["path"] in served
            assert container[probe]["httpGet"]["port"] == "watch"
        assert ports["watch"] == of_kind("ConfigMap")[0]["data"]["METRICS_PORT"]

    @by_name
    def test_may_do_no_more_than_it_must(self, deployment: dict[str, Any]) -> None:
        pod, container = deployment["spec"]["template"]["spec"], container_of(deployment)
        assert pod["securityContext"]["runAsNonRoot"]
        assert f"--uid {pod['securityContext']['runAsUser']} " in DOCKERFILE
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["resources"].keys() == {"requests", "limits"}
        names = [
            reference.get("configMapRef", reference.get("secretRef"))["name"] for reference in container["envFrom"]
        ]
        assert names == [of_kind(kind)[0]["metadata"]["name"] for kind in ("ConfigMap", "Secret")]

    def test_selects_what_is_there(self) -> None:
        labels = [one["spec"]["template"]["metadata"]["labels"] for one in DEPLOYMENTS]
        assert [one["spec"]["selector"]["matchLabels"] for one in DEPLOYMENTS] == labels
        assert all(one["spec"]["selector"]["matchLabels"] in labels for one in of_kind("PodDisruptionBudget"))
        (service,), (ingress,) = of_kind("Service"), of_kind("Ingress")
        assert service["spec"]["selector"] in labels
        (rule,) = ingress["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        assert path["backend"]["service"]["name"] == service["metadata"]["name"]
        assert [port["name"] for port in service["spec"]["ports"]] == [path["backend"]["service"]["port"]["name"]]


class TestCompose:
    @pytest.mark.parametrize("name", OURS)
    def test_gives_settings_that_exist_and_runs_commands_that_exist(self, name: str) -> None:
        service = OURS[name]
        assert service["environment"].keys() <= SETTINGS
        assert service.get("command", ["allover", "serve"])[1] in COMMANDS
        assert f":{service['environment']['METRICS_PORT']}/health/ready" in str(service["healthcheck"]["test"])

    def test_has_two_workers(self) -> None:
        assert OURS["worker"]["deploy"]["replicas"] == 2

    def test_the_example_names_what_is_asked_for(self) -> None:
        asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
        offered = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
        assert offered <= asked
        required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
        assert required <= offered


class TestTheImage:
    def test_runs_as_nobody_in_particular(self) -> None:
        assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)

    def test_has_nothing_that_is_for_development(self) -> None:
        left_out = (ROOT / ".dockerignore").read_text().splitlines()
        assert "requirements-dev" not in DOCKERFILE
        assert {"tests", "benchmarks", ".env", ".git", ".data"} <= set(left_out)

    def test_is_built_from_files_that_are_there(self) -> None:
        assert all(list(ROOT.glob(name)) for name in copied())


def copied() -> Iterator[str]:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        yield from (name for name in line.split()[:-1] if name != ".")


def test_every_setting_is_described() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    described = {name for page in pages for name in re.findall(r"`([A-Z_]+)`", page.read_text())}
    assert SETTINGS - described == set()
