"""Every successful answer of the simulated API fits the published description, where that is at hand."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from .conftest import NOON_NS, path_of

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "reference" / "baseten-training-openapi.json"

pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason=f"no API description at {DESCRIPTION.name}")


@pytest.fixture(scope="module")
def description():
    return json.loads(DESCRIPTION.read_text("utf-8"))


@pytest.fixture
def full_job(job, clock):
    job.write("Traceback (most recent call last):", level="ERROR", at_ns=NOON_NS - 1)
    job.write("  no level, no replica", replica=None, at_ns=NOON_NS - 1, request_id="r")
    job.add_checkpoint(lora_config={"r": 16}, type="lora")
    job.checkpoint_sync = "SYNCING"
    clock.turn(30)
    return job


def described(description):
    """(method, path, schema name) of every operation."""
    for path, item in description["paths"].items():
        for method in {"get", "post"} & set(item):
            schema = item[method]["responses"]["200"]["content"]["application/json"]["schema"]
            yield method.upper(), path, schema["$ref"].rsplit("/", 1)[1]


async def test_every_operation_of_the_description_is_answered_in_its_shape(client, full_job, description):
    asked = 0
    for method, path, name in sorted(described(description), key=lambda operation: "stop" in operation[1]):
        url = path.replace("{training_project_id}", full_job.project.id).replace("{training_job_id}", full_job.id)
        status, body = await client.answer(method, url, json={} if method == "POST" else None)
        assert status == 200, (method, path, body)
        schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(body)]
        assert errors == [], (method, path)
        asked += 1
    assert asked == 13


async def test_no_field_is_invented(client, full_job, description):
    schemas = description["components"]["schemas"]
    _, body = await client.get(path_of(full_job))
    assert set(body["training_job"]) == set(schemas["TrainingJobV1"]["properties"])
    assert set(body["training_project"]) == set(schemas["TrainingProjectV1"]["properties"])
    _, body = await client.logs(full_job)
    assert set(body["logs"][0]) == set(schemas["LogV1"]["properties"])
