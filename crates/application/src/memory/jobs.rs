//! Recurring jobs.

use async_trait::async_trait;
use plaza_domain::{
    RecurringJob, TaskId, Timestamp,
    repository::{RecurringJobRepository, Result},
};

use super::connection::{Access, Connection};

#[async_trait]
impl<A: Access> RecurringJobRepository for Connection<A> {
    async fn list(&mut self) -> Result<Vec<RecurringJob>> {
        Ok(self.tables().jobs.values().cloned().collect())
    }

    async fn ensure(&mut self, name: &str, next_run_at: Timestamp) -> Result<()> {
        let job = RecurringJob { name: name.to_owned(), next_run_at, last_run_at: None, last_task_id: None };
        let job = self.tables_mut()?.jobs.entry(name.to_owned()).or_insert(job);
        job.next_run_at = job.next_run_at.min(next_run_at);
        Ok(())
    }

    async fn advance(&mut self, name: &str, due: Timestamp, next: Timestamp) -> Result<bool> {
        let jobs = &mut self.tables_mut()?.jobs;
        let Some(job) = jobs.get_mut(name).filter(|job| job.next_run_at == due) else {
            return Ok(false);
        };
        job.next_run_at = next;
        Ok(true)
    }

    async fn record(&mut self, name: &str, at: Timestamp, task_id: TaskId) -> Result<bool> {
        let Some(job) = self.tables_mut()?.jobs.get_mut(name) else { return Ok(false) };
        (job.last_run_at, job.last_task_id) = (Some(at), Some(task_id));
        Ok(true)
    }

    async fn retain(&mut self, names: &[&'static str]) -> Result<u64> {
        let jobs = &mut self.tables_mut()?.jobs;
        let before = jobs.len();
        jobs.retain(|name, _| names.contains(&name.as_str()));
        Ok((before - jobs.len()) as u64)
    }
}
