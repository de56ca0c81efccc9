//! How the queues are doing: what a few bounded counts give together.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use plaza_domain::repository::Result;
use plaza_domain::{AttemptEnd, QueueFigures, QueueSurvey, TaskState};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable};

use super::entity::convert;
use super::entity::task::Column;
use super::entity::task_attempt as attempt;
use super::error::from_db;
use super::queries::{COUNT, task_lists};
use super::session::{Session, value};

/// Where a count belongs.
type Figure = fn(&mut QueueFigures) -> &mut u64;

impl<C: ConnectionTrait> Session<C> {
    /// Of each state, and of the attempts that ended no longer than `recent` ago, at most `limit` are counted.
    pub(super) async fn survey(&self, recent: TimeDelta, limit: u64) -> Result<QueueSurvey> {
        let backend = self.backend();
        let mut survey = Survey { queues: BTreeMap::new(), limit, is_complete: true };
        let waiting = task_lists::waiting(backend, limit);
        survey.add(self.rows(&waiting).await?, |figures, row, count| {
            figures.ready = count;
            figures.oldest_ready_at = Some(named(row, task_lists::OLDEST)?);
            Ok(())
        })?;
        let counted: [(TaskState, Figure); 3] = [
            (TaskState::Scheduled, |figures| &mut figures.scheduled),
            (TaskState::Running, |figures| &mut figures.running),
            (TaskState::Dead, |figures| &mut figures.dead),
        ];
        for (state, figure) in counted {
            let rows = self.rows(&task_lists::count(state, limit)).await?;
            survey.add(rows, |figures, _, count| {
                *figure(figures) = count;
                Ok(())
            })?;
        }
        let ended = task_lists::ended(backend, recent, limit);
        survey.add(self.rows(&ended).await?, |figures, row, count| {
            let word: String = value(row, attempt::Column::Outcome)?;
            match convert::word("attempt", &word, AttemptEnd::parse)? {
                AttemptEnd::Succeeded => figures.succeeded += count,
                end if end.is_failure() => figures.failed += count,
                _ => {}
            }
            Ok(())
        })?;
        Ok(QueueSurvey { queues: survey.queues.into_values().collect(), is_complete: survey.is_complete })
    }
}

struct Survey {
    queues: BTreeMap<String, QueueFigures>,
    limit: u64,
    is_complete: bool,
}

impl Survey {
    /// Adds counts by queue. Those that come to the limit may not be all.
    fn add(
        &mut self,
        rows: Vec<QueryResult>,
        set: impl Fn(&mut QueueFigures, &QueryResult, u64) -> Result<()>,
    ) -> Result<()> {
        let mut counted = 0;
        for row in &rows {
            let queue: String = value(row, Column::Queue)?;
            let count = convert::number("task", named(row, COUNT)?)?;
            counted += count;
            set(self.queues.entry(queue.clone()).or_insert_with(|| QueueFigures::idle(queue)), row, count)?;
        }
        self.is_complete &= counted < self.limit;
        Ok(())
    }
}

fn named<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T> {
    row.try_get("", name).map_err(from_db)
}
