//! What every bus, queue, rate limiter, one-time store and store of presence promises, written once and run against each: in this process
//! and on Redis. And what only those on Redis promise: to get over its loss.

mod ports;

/// One test for each behaviour and adapter, named `<adapter>::<module>::<behaviour>`.
macro_rules! contract {
    ($($module:ident { $($behaviour:ident)+ })+) => {
        contract!(@adapter in_process { $($module { $($behaviour)+ })+ });
        contract!(@adapter on_redis { $($module { $($behaviour)+ })+ });
    };
    (@adapter $adapter:ident { $($module:ident { $($behaviour:ident)+ })+ }) => {
        mod $adapter {
            $(mod $module {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $behaviour() -> crate::ports::Outcome {
                        let fixture = crate::ports::$module::$adapter().await?;
                        crate::ports::$module::$behaviour(fixture).await
                    }
                )+
            })+
        }
    };
}

contract! {
    bus {
        every_subscriber_of_every_instance_gets_an_event
        an_instance_gets_its_own_events_once
        events_keep_their_order
    }
    queue {
        the_oldest_id_is_popped_first
        the_first_queue_that_has_an_id_is_popped
        a_pop_waits_for_a_push
        a_pop_of_nothing_ends_in_time
        of_many_pushes_and_pops_no_id_is_lost_or_doubled
    }
    rate_limiter {
        a_table_of_quotas_is_decided_alike
        of_racing_takes_as_many_win_as_the_burst_allows
        a_refused_take_costs_nothing
    }
    presence {
        what_was_told_last_counts
        answers_come_in_the_order_of_the_questions
        as_many_connections_are_granted_as_there_is_room_for
        an_instance_that_lives_is_not_reaped
    }
    one_time {
        a_value_is_taken_once
        of_racing_takes_one_wins
        a_value_that_expired_is_gone
        a_key_is_kept_with_its_last_value
    }
}
