"""The Kubernetes manifests: valid for a cluster, and true to what the worker, the API and the image promise."""

from collections.abc import Iterator
from typing import Any

import click
import pytest

from cli.main import ridescore
from scoring.settings.settings import GROUPS, environment_name, read_settings

from .conftest import Manifest, Schemas, rendered

OVERLAYS = ("local", "production")
FOREIGN = {"PREFECT_HOME", "PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK"}


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> tuple[Manifest, ...]:
    return rendered(request.param)


def of_kind(manifests: tuple[Manifest, ...], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def named(manifests: tuple[Manifest, ...], kind: str, name: str) -> Manifest:
    return next(each for each in of_kind(manifests, kind) if each["metadata"]["name"] == name)


def pod_templates(manifests: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest]]:
    for each in of_kind(manifests, "Deployment", "StatefulSet", "Job", "CronJob"):
        spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
        yield each["metadata"]["name"], spec["template"]


def container(template: Manifest) -> Manifest:
    (only,) = template["spec"]["containers"]
    return only


def environment(manifests: tuple[Manifest, ...], template: Manifest) -> dict[str, str]:
    """What the container gets, secrets aside; a pod's own name as a cluster would give it."""
    settings: dict[str, str] = {}
    for source in container(template)["envFrom"]:
        if "configMapRef" in source:
            settings |= named(manifests, "ConfigMap", source["configMapRef"]["name"])["data"]
    for given in container(template).get("env", ()):
        settings[given["name"]] = given.get("value", "ridescore-worker-0")
    return settings


def test_every_manifest_fits_its_schema(manifests: tuple[Manifest, ...], schemas: Schemas) -> None:
    found = {f"{each['kind']} {each['metadata']['name']}": schemas.problems(each) for each in manifests}
    assert len(found) >= 14
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_a_field_that_does_not_exist_is_found(schemas: Schemas) -> None:
    deployment = named(rendered("production"), "Deployment", "ridescore-api")
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
    assert any("replica" in problem for problem in schemas.problems(wrong))
    scaled = named(rendered("production"), "ScaledObject", "ridescore-worker")
    wrong = {**scaled, "spec": {**scaled["spec"], "maxReplicas": 2}}
    assert any("maxReplicas" in problem for problem in schemas.problems(wrong))


def test_every_setting_exists_and_is_taken(manifests: tuple[Manifest, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {environment_name(group, field) for group in GROUPS for field in group.model_fields}
    for name, template in pod_templates(manifests):
        given = environment(manifests, template)
        unknown = given.keys() - ours - FOREIGN
        assert unknown == set(), name
        with monkeypatch.context() as patched:
            for setting in ours:
                patched.delenv(setting, raising=False)
            for setting, value in {**given, "KAFKA_SASL_USERNAME": "a", "KAFKA_SASL_PASSWORD": "b"}.items():
                patched.setenv(setting, value)
            settings = read_settings()
        if name == "ridescore-worker":
            assert settings.worker.slot == "ridescore-worker-0"


def test_pods_keep_to_the_strictest_rules(manifests: tuple[Manifest, ...]) -> None:
    for name, template in pod_templates(manifests):
        pod, only = template["spec"], container(template)
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        rights = only["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True, name
        assert rights["allowPrivilegeEscalation"] is False, name
        assert rights["capabilities"] == {"drop": ["ALL"]}, name
        assert "memory" in only["resources"]["limits"], name
        assert "/tmp" in {mount["mountPath"] for mount in only["volumeMounts"]}, name
        assert {mount["name"] for mount in only["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}, name


def test_no_service_sets_a_variable_that_is_a_setting_of_ours(manifests: tuple[Manifest, ...]) -> None:
    for name, template in pod_templates(manifests):
        assert template["spec"]["enableServiceLinks"] is False, name


def test_only_who_must_may_write_the_registry(manifests: tuple[Manifest, ...]) -> None:
    writers = set()
    for name, template in pod_templates(manifests):
        mounts = {mount["mountPath"]: mount for mount in container(template)["volumeMounts"]}
        if "/registry" in mounts and not mounts["/registry"].get("readOnly", False):
            writers.add(name)
    assert writers == {"ridescore-api", "ridescore-first-model", "ridescore-train-and-register"}


def test_where_kafka_asks_for_its_authority_who_speaks_to_it_has_the_file() -> None:
    production = rendered("production")
    for kind, name in (("StatefulSet", "ridescore-worker"), ("Job", "ridescore-topics")):
        template = named(production, kind, name)["spec"]["template"]
        file = environment(production, template)["KAFKA_SSL_CAFILE"]
        assert any(file.startswith(f"{mount['mountPath']}/") for mount in container(template)["volumeMounts"]), name


def test_pods_are_given_the_time_that_stopping_takes(manifests: tuple[Manifest, ...]) -> None:
    api = named(manifests, "Deployment", "ridescore-api")["spec"]["template"]
    given = environment(manifests, api)
    stopping = float(given["API_DRAIN_SECONDS"]) + float(given["API_SHUTDOWN_SECONDS"])
    assert api["spec"]["terminationGracePeriodSeconds"] > stopping
    worker = named(manifests, "StatefulSet", "ridescore-worker")["spec"]["template"]
    given = environment(manifests, worker)
    assert worker["spec"]["terminationGracePeriodSeconds"] > float(given["WORKER_SHUTDOWN_SECONDS"])


def test_probes_and_services_lead_to_where_the_processes_listen(manifests: tuple[Manifest, ...]) -> None:
    for kind, name, setting in (
        ("Deployment", "ridescore-api", "PORT"),
        ("StatefulSet", "ridescore-worker", "WORKER_PORT"),
    ):
        template = named(manifests, kind, name)["spec"]["template"]
        port = int(environment(manifests, template)[setting])
        only = container(template)
        ports = {each["name"]: each["containerPort"] for each in only["ports"]}
        for probe, path in (("startupProbe", "/live"), ("livenessProbe", "/live"), ("readinessProbe", "/ready")):
            asked = only[probe]["httpGet"]
            assert (ports[asked["port"]], asked["path"]) == (port, path)
        service = named(manifests, "Service", name)["spec"]
        assert ports[service["ports"][0]["targetPort"]] == port
        assert template["metadata"]["annotations"]["prometheus.io/port"] == str(port)
        for policy in of_kind(manifests, "NetworkPolicy"):
            if policy["metadata"]["name"] == name:
                assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": port}]


def test_selectors_find_pods_that_exist(manifests: tuple[Manifest, ...]) -> None:
    labels = [template["metadata"]["labels"] for _name, template in pod_templates(manifests)]

    def finds(selector: dict[str, str]) -> bool:
        return any(selector.items() <= each.items() for each in labels)

    selectors: list[dict[str, Any]] = [each["spec"]["selector"] for each in of_kind(manifests, "Service")]
    matching = of_kind(manifests, "Deployment", "StatefulSet", "PodDisruptionBudget")
    selectors += [each["spec"]["selector"]["matchLabels"] for each in matching]
    for each in of_kind(manifests, "NetworkPolicy"):
        selectors.append(each["spec"]["podSelector"].get("matchLabels", {}))
        for expression in each["spec"]["podSelector"].get("matchExpressions", ()):
            assert all(finds({expression["key"]: value}) for value in expression["values"])
    assert all(finds(selector) for selector in selectors)
    for each in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        target = each["spec"]["scaleTargetRef"]
        assert named(manifests, target["kind"], target["name"])


def test_workers_are_scaled_by_the_group_and_topic_that_they_read() -> None:
    production = rendered("production")
    template = named(production, "StatefulSet", "ridescore-worker")["spec"]["template"]
    given = environment(production, template)
    (trigger,) = named(production, "ScaledObject", "ridescore-worker")["spec"]["triggers"]
    assert trigger["metadata"]["bootstrapServers"] == given["KAFKA_BOOTSTRAP_SERVERS"]
    assert trigger["metadata"]["consumerGroup"] == given.get("WORKER_GROUP", "ridescore")
    assert trigger["metadata"]["topic"] == given.get("WORKER_INPUT_TOPIC", "rides")
    assert trigger["metadata"]["sasl"] == given["KAFKA_SASL_MECHANISM"].lower().replace("-", "_").replace("sha_", "sha")
    assert named(production, "TriggerAuthentication", trigger["authenticationRef"]["name"])
    assert "replicas" not in named(production, "StatefulSet", "ridescore-worker")["spec"], "KEDA counts them"


def test_everything_lives_in_one_namespace(manifests: tuple[Manifest, ...]) -> None:
    assert {each["metadata"].get("namespace") for each in manifests if each["kind"] != "Namespace"} == {"ridescore"}


def test_images_have_a_tag_of_their_own(manifests: tuple[Manifest, ...]) -> None:
    for name, template in pod_templates(manifests):
        image = container(template)["image"]
        assert ":" in image, name
        assert not image.endswith(":latest"), name


def test_containers_run_commands_that_exist(manifests: tuple[Manifest, ...]) -> None:
    for name, template in pod_templates(manifests):
        words = list(container(template)["args"])
        command: click.Command = ridescore
        while isinstance(command, click.Group):
            assert words, name
            assert words[0] in command.commands, f"{name}: {words}"
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, name
