//! What processes take of the machine, from `/proc` (proc(5)).

use std::{collections::HashMap, fs, time::Duration};

use crate::Failure;

/// `USER_HZ`, which is 100 wherever Linux runs.
const TICKS_PER_SECOND: u64 = 100;

struct Stat {
    parent: u32,
    own: u64,
    of_ended_children: u64,
}

/// Processor time of processes and all their children, those that have ended included.
pub(crate) fn processor_time(ids: &[u32]) -> Duration {
    let stats = all_stats();
    let ticks: u64 = stats
        .iter()
        .filter(|(id, _)| descends_from(**id, ids, &stats))
        .map(|(_, stat)| stat.own + stat.of_ended_children)
        .sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// Processor time of this process.
pub(crate) fn own_processor_time() -> Duration {
    let ticks = read_stat("self").map_or(0, |stat| stat.own);
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// Resident memory of processes and all their living children, in bytes.
pub(crate) fn resident_memory(ids: &[u32]) -> u64 {
    let stats = all_stats();
    stats.keys().filter(|id| descends_from(**id, ids, &stats)).filter_map(|id| resident(*id)).sum()
}

fn resident(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

fn descends_from(id: u32, ancestors: &[u32], stats: &HashMap<u32, Stat>) -> bool {
    let mut current = id;
    while !ancestors.contains(&current) {
        match stats.get(&current) {
            Some(stat) if stat.parent > 1 => current = stat.parent,
            _ => return false,
        }
    }
    true
}

fn all_stats() -> HashMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name.parse().ok()?, read_stat(&name)?))
        })
        .collect()
}

fn read_stat(process: &str) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The name of a process is in parentheses and may contain anything: fields are counted from behind it.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |nth: usize| fields.get(nth)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        of_ended_children: number(13)? + number(14)?,
    })
}

/// Lets this process open as many files as it may.
pub(crate) fn raise_file_limit() -> Result<u64, Failure> {
    Ok(rlimit::increase_nofile_limit(u64::MAX)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_fields_behind_it() {
        let stat = parse_stat("7 (a) (b) c) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 1 0 99 1 1");
        let stat = stat.map(|stat| (stat.parent, stat.own, stat.of_ended_children));
        assert_eq!(stat, Some((3, 110, 15)));
    }
}
