//! What every store promises, written once and run against each: in memory, SQLite and Postgres. And what only the
//! databases promise: that no hot query reads a whole table, and that instances may migrate at the same time.

mod store;

/// One test for each behaviour and store, named `<store>::<module>::<behaviour>`.
macro_rules! contract {
    ($($module:ident { $($behaviour:ident)+ })+) => {
        contract!(@store memory { $($module { $($behaviour)+ })+ });
        contract!(@store sqlite { $($module { $($behaviour)+ })+ });
        contract!(@store postgres { $($module { $($behaviour)+ })+ });
    };
    (@store $store:ident { $($module:ident { $($behaviour:ident)+ })+ }) => {
        mod $store {
            $(mod $module {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $behaviour() -> crate::store::Outcome {
                        let fixture = crate::store::fixture::$store().await?;
                        crate::store::$module::$behaviour(fixture.store()).await
                    }
                )+
            })+
        }
    };
}

contract! {
    transactions {
        what_is_dropped_was_never_written
        others_see_a_write_when_it_is_committed_and_not_before
        what_refers_to_nothing_is_refused
        a_store_that_works_answers_a_ping
    }
    accounts {
        a_user_is_found_by_id_email_and_username
        an_email_and_a_username_are_taken_once
        a_changed_user_is_stored
        a_locked_user_is_changed_by_one_after_the_other
        times_keep_their_microseconds
        accounts_are_listed_newest_first_by_what_they_are
        suspensions_that_are_over_are_found
        of_two_admins_who_demote_each_other_one_stays
        of_racing_claims_of_a_setting_one_wins
        a_setting_whose_claim_was_rolled_back_is_free
    }
    username_changes {
        changes_of_a_handle_are_listed_newest_first_in_pages
        a_handle_that_was_given_up_is_kept_for_who_had_it
        a_handle_is_not_caught_while_it_is_given_up
    }
    erasures {
        accounts_are_due_when_their_time_has_come
        admins_are_those_who_may_act_and_stay
        rooms_to_leave_are_those_one_is_in_but_direct_ones
        a_room_goes_to_who_has_the_highest_role_and_was_there_first
        a_room_goes_to_who_can_use_their_account_before_others
        the_files_of_a_user_are_found_in_pages
        what_is_a_users_alone_is_forgotten_and_what_is_others_stays
    }
    exports {
        the_rooms_a_user_was_ever_in_are_found_in_pages
        what_a_user_wrote_and_how_they_reacted_is_found_in_stretches
        archives_are_found_by_their_user_and_by_their_age
    }
    sessions {
        a_session_is_found_with_its_user
        a_refresh_changes_the_times_and_the_device_of_a_session
        sessions_that_are_not_over_are_listed_newest_first_in_pages
        a_session_was_used_at_the_latest_time
        a_session_is_revoked_once
        all_sessions_of_a_user_but_one_are_revoked
        a_refresh_token_is_found_by_its_digest
        of_twenty_uses_of_a_refresh_token_one_succeeds
        a_session_has_one_token_that_is_not_used
        sessions_and_tokens_that_were_over_are_purged
    }
    mail_tokens {
        a_link_is_found_by_its_task_its_digest_and_its_purpose
        a_user_has_one_link_for_a_purpose
        of_twenty_uses_of_a_link_one_succeeds
        a_link_that_has_expired_is_not_used_and_is_purged
        a_link_is_somebodys
    }
    second_factors {
        a_secret_takes_the_place_of_another_until_it_is_confirmed
        no_step_is_used_after_itself_or_a_later_one
        of_twenty_uses_of_a_step_one_succeeds
        a_recovery_code_is_taken_once_by_its_owner
        of_twenty_uses_of_a_recovery_code_one_succeeds
        second_factors_are_those_of_users
    }
    identities {
        an_identity_is_found_by_issuer_and_subject
        an_identity_belongs_to_one_user_who_has_one_of_each_issuer
        an_identity_was_last_used_with_the_address_that_was_told_then
        identities_go_one_by_one
        of_ten_users_who_link_one_identity_one_succeeds
    }
    invitations {
        invitations_are_listed_newest_first
        an_invitation_works_until_it_is_used_up_over_or_revoked
        all_that_somebody_made_are_revoked_at_once
        of_twenty_who_use_an_invitation_for_three_three_get_in
    }
    signing_keys {
        keys_are_listed_by_number_while_they_check
        a_key_is_retired_once_and_forgotten_when_it_checks_no_more
        of_ten_keys_with_one_number_one_is_stored
    }
    audit {
        an_entry_keeps_every_field_and_follows_the_one_before
        twenty_who_append_at_once_make_one_chain
        an_entry_that_was_rolled_back_leaves_no_hole
        entries_are_listed_newest_first_by_what_they_tell
    }
    rooms {
        a_room_is_stored_and_its_details_change
        a_deleted_room_is_as_good_as_absent
        a_room_is_found_with_a_membership_also_one_that_ended
        several_rooms_advance_at_once_and_those_that_are_gone_are_left_out
        who_advances_the_same_rooms_in_any_order_never_waits_for_ever
        rooms_are_listed_newest_first_in_pages
        a_private_room_is_listed_to_its_members_only
        sequences_have_no_gaps_though_some_writers_roll_back
    }
    members {
        saving_a_member_again_keeps_the_cursors
        cursors_move_forward_only
        what_is_not_delivered_yet_is_found_for_many_rooms
        members_are_listed_by_user_in_pages
        changed_members_come_by_version_with_those_who_left
        owners_are_counted_while_they_are_there
        senders_are_present_in_a_room_that_exists_and_not_disabled
        a_users_rooms_are_those_they_are_in_now
    }
    direct_rooms {
        two_users_have_one_direct_room
        of_twenty_openings_of_a_direct_room_one_succeeds
        a_direct_room_is_closed_by_a_block_and_by_a_disabled_user
        the_other_one_of_a_direct_room_is_who_the_viewer_is_not
        what_was_not_delivered_in_direct_rooms_is_found_for_many_users
        two_users_share_a_room_while_both_are_in_it
    }
    blocks {
        a_block_is_kept_once_and_taken_back
        blocked_users_are_listed_in_pages
        a_block_stands_between_two_users_in_both_directions
    }
    friendships {
        what_two_users_are_is_one_row_that_keeps_every_field
        when_both_ask_at_the_same_moment_they_are_friends
        friends_are_listed_and_counted_on_both_sides
        requests_are_listed_newest_first_to_those_who_see_them
    }
    overviews {
        the_room_where_something_was_said_last_comes_first
        rooms_that_are_left_or_gone_have_no_overview
        unread_mentions_of_everybody_are_counted
        a_mute_is_the_members_own_and_survives_a_change_of_role
    }
    receipts {
        a_message_tells_with_whom_it_got_how_far
        a_message_is_for_those_who_were_there_and_still_are
        a_mark_tells_of_the_places_that_it_passed
        marks_of_others_and_of_other_rooms_stay
        who_shows_no_receipts_is_in_no_list
        preferences_are_stored_beside_the_profile
        the_members_of_a_room_are_counted_up_to_a_limit
    }
    presence {
        those_who_share_a_room_see_each_other
        friends_see_each_other_though_they_share_no_room
        members_are_listed_with_when_they_were_last_seen
        those_between_whom_a_block_stands_do_not_see_each_other
        rooms_are_small_up_to_a_number_of_members
        a_user_was_last_seen_at_the_latest_time
    }
    appending {
        messages_go_to_the_ends_of_their_rooms_in_their_order
        rooms_that_have_changed_since_the_look_get_nothing
        a_message_that_is_appended_keeps_every_field
        a_client_id_that_was_used_stops_all_that_is_appended
        who_appends_at_the_same_time_leaves_no_gap
    }
    messages {
        a_message_keeps_every_field
        a_senders_client_id_is_used_once
        messages_are_found_by_their_client_ids
        a_place_in_a_room_is_taken_once
        history_pages_from_the_end_and_from_any_place
        changed_messages_come_by_version
        a_tombstone_keeps_its_place
        a_batch_of_thousands_is_stored_at_once
        a_places_version_is_the_one_it_was_posted_at
        rooms_of_messages_are_found
    }
    edits {
        edits_are_kept_until_they_are_deleted
        edits_are_listed_newest_first_in_pages
        all_but_the_newest_edits_are_forgotten
    }
    reactions {
        reactions_come_with_their_message_in_the_order_of_first_use
        a_reaction_is_there_once_and_removed_once
        a_reaction_is_to_a_message_and_by_a_user
        of_racing_reactions_of_a_user_one_is_new
        who_reacted_is_listed_by_user_in_pages
        a_message_that_is_taken_back_has_no_reactions
    }
    pins {
        pinned_messages_are_listed_with_the_newest_pin_first
    }
    threads {
        the_root_of_a_reply_is_what_it_replies_to
        counts_of_several_threads_are_stored_together
        replies_are_read_from_the_end_and_from_any_place
        the_newest_reply_is_one_that_is_not_deleted
        who_has_decided_about_a_thread_keeps_to_it
        a_thread_is_read_forward_only
        followed_threads_are_listed_by_their_latest_reply_in_pages
        listed_threads_are_followed_have_replies_and_are_of_ones_rooms
        unread_replies_are_those_of_others_that_are_there
    }
    mentions {
        names_are_found_among_the_members_of_their_room
        callers_come_with_their_role_and_the_size_of_their_room
        mentions_are_shown_with_their_message_until_they_are_replaced
        a_users_mentions_are_listed_newest_first_in_pages
    }
    jobs {
        a_job_is_due_no_later_than_it_was_said_to_be
        of_twenty_schedulers_one_moves_a_job_on
        a_job_knows_its_last_task
        jobs_that_are_not_known_any_more_are_forgotten
    }
    workers {
        a_worker_is_listed_until_it_ends
        workers_that_were_silent_are_purged
    }
    blobs {
        one_content_is_one_blob
        a_content_is_purged_when_every_reference_was_released
        what_was_never_referred_to_is_not_released
        a_content_that_is_used_again_is_not_purged
        a_purged_content_comes_back_with_a_new_object
        a_purged_content_is_forgotten_once_no_file_names_it
        a_sweep_takes_no_more_than_it_was_told_to
        keys_are_named_by_blobs_that_were_not_purged
        of_racing_uses_and_purges_none_loses_its_object
    }
    contents {
        what_nobody_has_is_removed_and_nothing_else
        within_the_time_of_grace_nothing_is_removed
        a_file_that_nothing_shows_is_deleted_in_time
        a_deleted_file_is_remembered_while_a_message_names_it
        racing_uploads_deletions_and_sweeps_lose_and_leave_nothing
    }
    settings {
        what_was_saved_last_counts
    }
    usage {
        files_are_charged_up_to_the_last_allowed_byte
        a_charge_is_taken_back_once
        of_racing_charges_as_many_win_as_fit
        an_upload_takes_a_place_until_it_is_over
        an_upload_that_lasts_too_long_is_over
        of_racing_uploads_as_many_begin_as_there_are_places
    }
    files {
        a_file_is_stored_and_updated
        a_variant_takes_the_place_of_its_predecessor
        the_words_of_a_file_take_the_place_of_older_ones
        a_deleted_file_is_found_only_by_who_locks_it
        a_file_is_shared_while_a_message_shows_it
    }
    task_batches {
        many_tasks_are_claimed_at_once_the_most_urgent_first
        workers_that_race_for_many_take_different_tasks
        many_attempts_end_together_but_those_whose_token_is_stale
    }
    tasks {
        a_new_task_is_ready
        of_twenty_claims_one_succeeds
        racing_workers_take_different_tasks
        the_most_urgent_task_of_a_queue_is_next_then_the_oldest
        a_stale_token_is_refused
        a_finished_task_is_not_claimed_again
        a_retry_begins_again_when_its_time_has_come
        a_retry_without_attempts_left_is_dead
        a_snooze_gives_the_attempt_back
        a_crashed_task_is_scheduled_again
        a_task_that_keeps_crashing_is_handed_to_be_buried
        a_task_that_crashes_in_its_last_attempt_is_handed_to_be_buried
        a_task_that_nobody_took_is_found
        a_result_is_kept_with_success
        a_worker_learns_that_its_task_was_called_off
        progress_is_the_runners_to_tell_and_begins_anew
        a_key_is_free_again_when_its_task_has_ended
        a_transaction_goes_on_after_a_key_that_is_taken
        of_twenty_tasks_with_one_key_one_is_stored
    }
    suspects {
        a_suspect_is_passed_over_by_who_claims_the_next_task
        a_suspect_is_claimed_by_who_asks_for_one
        the_most_urgent_suspect_of_all_queues_is_next_then_the_oldest
        of_twenty_workers_one_claims_a_suspect
        a_suspect_that_gets_another_chance_is_a_task_like_others
    }
    task_lists {
        tasks_are_listed_newest_first_in_pages
        listed_tasks_fit_everything_that_is_asked_for
        attempts_are_kept_with_how_they_went
        queues_tell_how_much_waits_and_how_attempts_went
    }
    task_orders {
        a_waiting_task_is_called_off_at_once
        a_running_task_is_asked_to_end
        a_task_that_has_ended_is_not_called_off
        of_a_claim_and_a_cancellation_both_tell_the_truth
        what_failed_gets_another_chance
        a_key_that_is_taken_stands_in_the_way_of_another_chance
        tasks_are_removed_when_they_were_kept_long_enough
        a_file_outlives_its_task
    }
}
