//! What every bus, queue, rate limiter, one-time store, store of presence and object store promises, written once and run
//! against each: in this process and on Redis, in a folder and in a bucket. And what only those on Redis promise: to get
//! over its loss.

mod ports;

/// One test for each behaviour and adapter, named `<adapter>::<module>::<behaviour>`.
macro_rules! contract {
    ($first:ident and $second:ident: $($module:ident { $($behaviour:ident)+ })+) => {
        contract!(@adapter $first { $($module { $($behaviour)+ })+ });
        contract!(@adapter $second { $($module { $($behaviour)+ })+ });
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
    in_folder and in_bucket:
    blobs {
        an_object_is_read_as_it_was_written
        an_object_of_many_parts_is_read_as_it_was_written
        a_part_is_read_alone
        a_range_outside_of_the_object_is_refused
        the_same_content_twice_is_two_objects
        a_deleted_object_is_gone_and_deleting_it_again_is_no_error
        only_its_own_keys_are_known
        objects_are_listed_in_pages
        what_is_being_written_is_not_listed
        what_was_given_up_is_no_object
        several_are_written_at_a_time
    }
}

contract! {
    in_process and on_redis:
    bus {
        every_subscriber_of_every_instance_gets_an_event
        an_instance_gets_its_own_events_once
        events_keep_their_order
    }
    queue {
        the_oldest_id_is_popped_first
        the_first_queue_that_has_an_id_is_popped
        a_pop_takes_as_many_ids_of_one_queue_as_it_may
        a_pop_waits_for_a_push
        a_pop_of_nothing_ends_in_time
        of_many_pushes_and_pops_no_id_is_lost_or_doubled
    }
    guesses {
        who_guesses_waits_longer_each_time
        a_right_guess_is_a_new_start
        many_at_once_are_no_way_around
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
