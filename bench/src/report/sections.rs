//! Which tables the page has, in their order, and which figures are in them.

/// A table: a scenario and what is shown of it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) scenario: &'static str,
    pub(super) heading: &'static str,
    /// The figure by which the run in the middle is found and others are compared with Plaza.
    pub(super) by: &'static str,
    pub(super) better: Better,
    pub(super) columns: &'static [Column],
}

/// Which of two figures is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    More,
    Less,
}

/// A column: heading, figure, digits after the point.
pub(super) type Column = (&'static str, &'static str, usize);

const TALK: &[Column] = &[
    ("deliveries/s", "deliveries_per_second", 0),
    ("messages/s", "messages_per_second", 0),
    ("p50 ms", "p50_ms", 1),
    ("p99 ms", "p99_ms", 1),
    ("max ms", "max_ms", 0),
];

/// All of them.
pub(super) const SECTIONS: [Section; 11] = [
    Section {
        scenario: "fanout",
        heading: "1 room × 100 members, 10 senders flat out",
        by: "deliveries_per_second",
        better: Better::More,
        columns: TALK,
    },
    Section {
        scenario: "rooms",
        heading: "20 rooms × 10 members, 40 senders flat out",
        by: "messages_per_second",
        better: Better::More,
        columns: TALK,
    },
    Section {
        scenario: "paced",
        heading: "100 members, 300 messages/s",
        by: "p99_ms",
        better: Better::Less,
        columns: TALK,
    },
    Section {
        scenario: "big-room",
        heading: "1,000 members, 10 messages/s",
        by: "p99_ms",
        better: Better::Less,
        columns: TALK,
    },
    Section {
        scenario: "idle",
        heading: "Idle connections",
        by: "kib_per_connection",
        better: Better::Less,
        columns: &[
            ("connections", "connections", 0),
            ("KiB a connection", "kib_per_connection", 1),
            ("MiB without any", "empty_mib", 0),
            ("connects/s", "connects_per_second", 0),
            ("handshakes begun anew", "handshakes_begun_anew", 0),
        ],
    },
    Section {
        scenario: "storm",
        heading: "Everybody comes back at once and resumes",
        by: "seconds_until_synced",
        better: Better::Less,
        columns: &[
            ("connections", "connections", 0),
            ("seconds until all are synced", "seconds_until_synced", 2),
        ],
    },
    Section {
        scenario: "history",
        heading: "A page of 50 from anywhere in a history, 32 connections",
        by: "pages_per_second",
        better: Better::More,
        columns: &[
            ("pages/s of 1,000", "pages_per_second_of_1000", 0),
            ("p99 ms", "p99_ms_of_1000", 1),
            ("of 100,000", "pages_per_second_of_100000", 0),
            ("p99 ms", "p99_ms_of_100000", 1),
            ("of 1,000,000", "pages_per_second_of_1000000", 0),
            ("p99 ms", "p99_ms_of_1000000", 1),
        ],
    },
    Section {
        scenario: "login",
        heading: "Logins at bcrypt cost 10 from 16 connections: alone, and while 20 members get 50 messages/s",
        by: "logins_per_second",
        better: Better::More,
        columns: &[
            ("logins/s alone", "logins_per_second", 1),
            ("p50 ms", "login_p50_ms", 0),
            ("p99 ms", "login_p99_ms", 0),
            ("processor ms a login", "processor_ms_per_login", 1),
            ("the server's", "server_ms_per_login", 1),
            ("ms of a hash alone", "hash_ms", 1),
            ("its share", "hash_share", 2),
            ("logins/s beside messages", "logins_per_second_meanwhile", 1),
            ("p99 ms of messages", "message_p99_ms", 1),
        ],
    },
    Section {
        scenario: "tasks",
        heading: "Tasks that do nothing: a backlog, then 200/s",
        by: "tasks_per_second",
        better: Better::More,
        columns: &[
            ("tasks/s", "tasks_per_second", 0),
            ("p50 ms from order to begin", "wait_p50_ms", 1),
            ("p99 ms", "wait_p99_ms", 1),
        ],
    },
    Section {
        scenario: "pictures",
        heading: "4 MP JPEG → preview and thumbnail",
        by: "pictures_per_core_second",
        better: Better::More,
        columns: &[
            ("pictures/s a core", "pictures_per_core_second", 1),
            ("pictures/s", "pictures_per_second", 1),
            ("peak MiB", "peak_mib", 0),
        ],
    },
    Section {
        scenario: "start",
        heading: "From start to ready",
        by: "start_ms",
        better: Better::Less,
        columns: &[
            ("ms", "start_ms", 0),
            ("ms the first time", "first_start_ms", 0),
            ("MiB idle", "idle_mib", 0),
            ("MiB program", "program_mib", 1),
        ],
    },
];

/// The table of a scenario.
pub(super) fn section(scenario: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.scenario == scenario)
}
