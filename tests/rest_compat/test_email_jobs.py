"""Email jobs, over REST."""

from httpx import AsyncClient

from core.actor import Role
from models.email_jobs import EmailJobStatus
from tests.factories.email_jobs import KIND, a_job, an_ended_job
from tests.factories.people import logged_in

JOBS = "/admin/email-jobs/"


async def test_jobs_are_listed_by_status(client: AsyncClient) -> None:
    await a_job()
    await an_ended_job(EmailJobStatus.COMPLETED, "import")
    found = (await client.get(f"{JOBS}?status=completed", headers=await logged_in(Role.VIEWER))).json()
    (job,) = found["data"]
    assert (job["type"], job["status"], job["result"], job["attempts"]) == ("import", "completed", {"sheep": 7}, 2)
    assert (job["maxAttempts"], job["lastError"]) == (2, "The address does not exist")
    assert job["progress"] == {"total": 0, "done": 0, "failed": 0}
    assert found["pagination"]["total"] == 1


async def test_one_job_shows_what_it_is_about_and_no_lease(client: AsyncClient) -> None:
    job = await a_job()
    shown = (await client.get(f"{JOBS}{job.id}", headers=await logged_in(Role.VIEWER))).json()["data"]
    assert (shown["_id"], shown["type"], shown["payload"], shown["completedAt"]) == (str(job.id), KIND, {}, None)
    assert not any("lease" in name.lower() for name in shown)


async def test_statistics_have_a_share(client: AsyncClient) -> None:
    await a_job()
    await an_ended_job(EmailJobStatus.COMPLETED, "import")
    counts = {"pending": 1, "processing": 0, "completed": 1, "failed": 0, "dead": 0, "total": 2}
    answer = (await client.get(f"{JOBS}stats", headers=await logged_in(Role.VIEWER))).json()
    assert answer["data"] == counts | {"progress": counts | {"percentage": 50}}


async def test_nobody_sees_nothing(client: AsyncClient) -> None:
    assert (await client.get(JOBS)).status_code == 401


async def test_an_unknown_status_is_a_400(client: AsyncClient) -> None:
    response = await client.get(f"{JOBS}?status=lost", headers=await logged_in())
    assert (response.status_code, response.json()["success"]) == (400, False)


async def test_an_unknown_job_is_a_404(client: AsyncClient) -> None:
    response = await client.get(f"{JOBS}{'0' * 24}", headers=await logged_in())
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "Email job not found"})
