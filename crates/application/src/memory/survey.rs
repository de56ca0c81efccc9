//! How the queues are doing.

use std::collections::BTreeMap;

use plaza_domain::{AttemptEnd, QueueFigures, QueueSurvey, TaskState, Timestamp};

use super::{table::rows, tables::Tables};

/// Where a count belongs.
type Figure = fn(&mut QueueFigures) -> &mut u64;

/// Of each state, and of the attempts that ended after `since`, at most `limit` are counted.
pub(super) fn survey(tables: &Tables, since: Timestamp, limit: u64) -> QueueSurvey {
    let limit = rows(limit);
    let mut queues = BTreeMap::new();
    let mut is_complete = true;
    let counted: [(TaskState, Figure); 4] = [
        (TaskState::Scheduled, |figures| &mut figures.scheduled),
        (TaskState::Ready, |figures| &mut figures.ready),
        (TaskState::Running, |figures| &mut figures.running),
        (TaskState::Dead, |figures| &mut figures.dead),
    ];
    for (state, figure) in counted {
        let mut of_state: Vec<_> = tables.tasks.values().filter(|task| task.state == state).collect();
        of_state.sort_by_key(|task| task.run_at);
        is_complete &= of_state.len() < limit;
        for task in of_state.into_iter().take(limit) {
            let figures = figures(&mut queues, &task.queue);
            *figure(figures) += 1;
            if state == TaskState::Ready {
                figures.oldest_ready_at = figures.oldest_ready_at.or(Some(task.run_at));
            }
        }
    }
    let mut ended: Vec<_> =
        tables.task_attempts.iter().filter(|(_, attempt)| attempt.ended_at > Some(since)).collect();
    ended.sort_by_key(|(_, attempt)| std::cmp::Reverse(attempt.ended_at));
    is_complete &= ended.len() < limit;
    for ((task_id, _), attempt) in ended.into_iter().take(limit) {
        let Some(task) = tables.tasks.get(task_id) else { continue };
        let figures = figures(&mut queues, &task.queue);
        match attempt.end {
            Some(AttemptEnd::Succeeded) => figures.succeeded += 1,
            Some(end) if end.is_failure() => figures.failed += 1,
            _ => {}
        }
    }
    QueueSurvey { queues: queues.into_values().collect(), is_complete }
}

fn figures<'a>(queues: &'a mut BTreeMap<String, QueueFigures>, queue: &str) -> &'a mut QueueFigures {
    queues.entry(queue.to_owned()).or_insert_with(|| QueueFigures::idle(queue.to_owned()))
}
