"""What a person does with jobs, as clients since 1.5 know it: `jobs_journey.py IMAGE [LOCAL_SCRIPT]`."""

import sys
import time

from huggingface_hub import HfApi

api = HfApi()
image = sys.argv[1]


def ended(job_id):
    while (found := api.inspect_job(job_id=job_id)).status.stage in ("SCHEDULING", "RUNNING"):
        time.sleep(0.2)
    return found.status.stage


def run_follow_and_find():
    job = api.run_job(image=image, command=["python", "-c", "print('hello')"], env={"A": "b"}, labels={"by": "journey"})
    lines = list(api.fetch_job_logs(job_id=job.id, follow=True))
    assert (ended(job.id), lines) == ("COMPLETED", ["hello"]), (api.inspect_job(job_id=job.id), lines)
    assert job.id in [each.id for each in api.list_jobs(namespace=api.whoami()["name"])]
    assert "cpu-basic" in [flavor.name for flavor in api.list_jobs_hardware()]


def cancel():
    job = api.run_job(image=image, command=["python", "-c", "import time; time.sleep(600)"])
    api.cancel_job(job_id=job.id)
    assert ended(job.id) == "CANCELED"


def schedule():
    made = api.create_scheduled_job(image=image, command=["true"], schedule="@daily")
    api.suspend_scheduled_job(scheduled_job_id=made.id)
    assert api.inspect_scheduled_job(scheduled_job_id=made.id).suspend
    api.resume_scheduled_job(scheduled_job_id=made.id)
    assert made.id in [each.id for each in api.list_scheduled_jobs()]
    api.delete_scheduled_job(scheduled_job_id=made.id)


def run_local_script(path):
    """1.5 sends the script along with the job; later clients need buckets."""
    job = api.run_uv_job(path, script_args=["there"])
    assert ended(job.id) == "COMPLETED", list(api.fetch_job_logs(job_id=job.id))
    assert "hello there" in list(api.fetch_job_logs(job_id=job.id))


if __name__ == "__main__":
    run_follow_and_find()
    cancel()
    schedule()
    if len(sys.argv) > 2:
        run_local_script(sys.argv[2])
