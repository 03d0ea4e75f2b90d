"""Every kind of bad input and fault, and the tests that prove how Faultline handles it.

A test that is renamed or removed must be replaced here, so that no kind loses its last test unnoticed.
"""

import re

import pytest

from harness.project import ROOT

# The kinds of bad input by number, with their tests by file: from this suite, or unit tests, whose names are sentences.
KINDS = {
    1: ("HTTP/2 floods: resets, CONTINUATION, SETTINGS, PING, an unread socket", {
        "test_bad_transport.py": [
            "test_a_flood_whose_client_reads_nothing_is_closed_and_counted",
            "test_http_2_on_the_other_ports_is_refused",
            "test_only_streams_beyond_the_limit_are_refused",
            "test_a_client_that_says_goodbye_is_not_refused",
            "test_one_connection_holds_a_quarter_of_what_may_be_in_flight",
        ],
        "ReceiversTests/Shared/AdmissionTests.swift": ["a client that keeps sending parts of one header block is stalled, one that completes some isn't"],
    }),
    2: ("slow headers and bodies, connections without end", {
        "test_bad_transport.py": [
            "test_an_incomplete_request_is_closed_in_time",
            "test_a_body_that_is_not_awaited_may_take_its_time",
            "test_clients_that_read_nothing_hold_little_memory_for_a_short_time",
            "test_any_number_of_idle_connections_leaves_room_for_others",
            "test_with_too_few_descriptors_the_daemon_says_how_many_it_needs",
        ],
        "ReceiversTests/Shared/AdmissionTests.swift": ["each step of an HTTP request has its time", "idleness is counted from the last call"],
    }),
    3: ("tens of thousands of headers, two lengths of one body", {
        "test_bad_transport.py": [
            "test_endless_tiny_headers_are_refused",
            "test_endless_tiny_headers_are_refused_over_grpc",
            "test_two_ways_of_framing_are_refused",
        ],
        "test_http_requests.py": ["test_bad_http_is_refused_with_a_reason"],
    }),
    5: ("gzip bombs, gzip cut off, an unknown encoding", {
        "test_bad_payload.py": [
            "test_a_body_that_grows_more_than_spans_ever_do_is_too_large",
            "test_a_batch_of_equal_spans_is_accepted_however_well_it_compresses",
            "test_empty_blocks_are_decompressed_to_nothing",
            "test_more_compressed_bytes_than_spans_need_are_too_large",
            "test_truncated_gzip_is_bad",
            "test_the_scrape_port_decompresses_nothing",
        ],
        "test_compression.py": [
            "test_a_bomb_over_http_is_too_large", "test_a_bomb_over_grpc_is_too_large",
            "test_broken_gzip_over_http_is_a_bad_request", "test_an_unknown_encoding_over_http_is_unsupported",
        ],
        "ReceiversTests/Shared/InflateTests.swift": ["a bomb is stopped at the limit"],
    }),
    6: ("a gRPC length of 4 GiB with few bytes", {
        "test_bad_payload.py": [
            "test_an_announced_length_reserves_no_memory",
        ],
        "test_grpc_calls.py": ["test_a_length_of_four_gibibytes_reserves_no_memory", "test_wrong_framing_is_refused"],
    }),
    7: ("protobuf that is none", {
        "test_bad_payload.py": [
            "test_malformed_protobuf_is_refused_whole",
        ],
        "test_malformed_bodies.py": ["test_a_malformed_body_is_refused_whole", "test_malformed_bodies_are_counted_by_transport"],
    }),
    8: ("values nested without end", {
        "test_bad_payload.py": [
            "test_values_nested_too_deep_are_refused",
        ],
        "test_malformed_bodies.py": [
            "test_values_nested_too_deep_are_refused", "test_values_nested_a_hundred_deep_are_taken",
            "test_json_values_nested_too_deep_are_refused",
        ],
    }),
    9: ("a million empty messages", {
        "test_bad_payload.py": [
            "test_health_is_answered_while_a_million_empty_messages_are_decoded",
        ],
        "test_malformed_bodies.py": [
            "test_a_million_empty_resource_spans_hold_nothing", "test_a_million_empty_spans_are_rejected_one_by_one",
        ],
    }),
    10: ("times that can't be", {
        "test_span_rejection.py": [
            "test_a_bad_span_is_rejected_and_nine_good_ones_are_counted", "test_a_span_may_have_begun_long_ago",
        ],
        "EngineTests/Window/WindowTests.swift": ["rejects spans that end too far in the future"],
    }),
    11: ("ids of wrong lengths, all zero, or no hex", {
        "test_span_rejection.py": ["test_all_reasons_in_one_batch_are_counted_separately", "test_bad_hex_rejects_only_its_span"],
    }),
    12: ("attributes of odd values, sizes and numbers", {
        "test_attribute_values.py": [
            "test_a_span_is_counted_whatever_its_attributes", "test_json_says_the_same_values",
            "test_json_values_out_of_range_are_kept_or_refused",
        ],
    }),
    13: ("names that are no text, or steer what shows them", {
        "test_hostile_names.py": ["test_the_scrape_stays_parseable", "test_the_query_api_stays_json"],
        "test_attribute_values.py": ["test_names_in_json_that_are_not_text_leave_the_scrape_parseable"],
    }),
    14: ("good and bad spans in one batch, and a batch twice", {
        "test_span_rejection.py": [
            "test_a_bad_span_is_rejected_and_nine_good_ones_are_counted", "test_a_batch_that_is_sent_again_is_counted_once",
        ],
        "EngineTests/Window/WindowTests.swift": ["counts a span that comes twice once"],
    }),
    15: ("wrong paths, methods and content types", {
        "test_bad_payload.py": [
            "test_a_wrong_request_is_answered_with_a_status",
            "test_the_scrape_port_has_no_other_paths",
        ],
        "test_http_requests.py": [
            "test_another_path_is_not_found", "test_another_method_is_not_allowed",
            "test_another_content_type_is_unsupported",
        ],
    }),
    16: ("names without end", {
        "test_cardinality.py": [
            "test_operations_beyond_the_limit_are_counted_in_one_row", "test_the_number_of_services_is_capped_too",
            "test_after_endless_junk_names_the_alerts_of_the_control_plane_still_fire",
            "test_forgotten_names_leave_the_scrape_and_make_room",
        ],
        "EngineTests/Names/NameChurnTests.swift": ["every span counts under its own name, whatever its number stood for before"],
        "EngineTests/Names/NamePlacesTests.swift": [
            "whatever came before, the API server and etcd have theirs", "resources that don't exist leave room for those that do",
        ],
        "RulesTests/Evaluation/NameChurnEvaluationTests.swift": ["alerts are those of a window that never forgets a name"],
    }),
    17: ("names that end a label of the scrape", {
        "test_bad_payload.py": [
            "test_the_scrape_parses_whatever_names_contain",
            "test_no_two_names_become_one_series",
        ],
        "test_hostile_names.py": ["test_the_scrape_stays_parseable"],
    }),
    18: ("names that steer a terminal", {
        "test_hostile_names.py": [
            "test_standard_output_has_one_harmless_line_for_each_alert",
            "test_the_report_of_a_replay_is_harmless_on_a_terminal", "test_the_log_is_harmless_where_it_names_them",
        ],
        "NotifyTests/Sinks/StdoutSinkTests.swift": ["hostile labels stay on one line and are harmless"],
        "RulesTests/Definition/DiagnosticsTests.swift": ["quoted text can't control a terminal"],
    }),
    19: ("wrong parameters of queries", {
        "test_bad_payload.py": [
            "test_a_wrong_parameter_is_named",
            "test_each_path_has_its_own_parameters",
        ],
    }),
    20: ("rule files made to break their reader", {
        "test_check.py": [
            "test_every_problem_is_reported_at_its_position", "test_what_is_not_a_rule_file_is_reported_on_one_line",
        ],
        "test_reload.py": ["test_bad_rules_leave_the_old_ones_whole"],
        "RulesTests/Definition/DiagnosticsTests.swift": ["hostile files are refused, and no alias is ever expanded"],
    }),
    21: ("rules over what can't be known", {
        "test_no_data.py": ["test_operations_never_seen_divisions_by_zero_and_too_few_spans_fire_nothing"],
        "RulesTests/Language/ConditionTests.swift": ["a condition over known spans holds, doesn't, or can't be known"],
    }),
    22: ("secrets in configurations", {
        "test_secrets.py": [
            "test_credentials_of_sinks_are_in_no_log_and_no_reply", "test_a_wrong_url_is_not_quoted",
        ],
        "test_delivery_guarantees.py": ["test_what_is_refused_is_a_dead_letter"],
        "RulesTests/Definition/DiagnosticsTests.swift": ["a secret URL is not quoted"],
        "NotifyTests/Sinks/WebhookSinkTests.swift": ["headers don't show their values"],
    }),
    23: ("redirects and addresses that are nobody's business", {
        "test_delivery_guarantees.py": [
            "test_a_redirect_to_another_host_is_not_followed",
        ],
        "NotifyTests/Sinks/WebhookSinkTests.swift": [
            "a redirect is not followed", "nothing is sent to link-local addresses and metadata services",
        ],
    }),
    24: ("receivers that hang, answer without end, or refuse", {
        "test_delivery_guarantees.py": [
            "test_a_receiver_that_fails_in_every_way_gets_everything_in_order",
            "test_a_receiver_that_asks_for_time_gets_it", "test_a_receiver_that_hangs_holds_up_no_other",
            "test_what_is_refused_is_a_dead_letter",
        ],
        "NotifyTests/Sinks/WebhookSinkTests.swift": ["only the start of an endless response is read"],
        "NotifyTests/Queue/AlertDispatcherTests.swift": ["pauses grow to a maximum, and a receiver's requested pause is bounded"],
    }),
    25: ("frames of lz4 that lie", {
        "test_lz4_frames.py": [
            "test_a_false_size_is_reported_at_its_position", "test_a_bomb_takes_no_more_memory_than_any_archive",
        ],
        "test_replay_input.py": ["test_a_wrong_checksum_is_an_error", "test_consecutive_frames_are_one_archive"],
        "ArchiveTests/Reading/ArchiveReaderTests.swift": [
            "reads consecutive frames and passes over skippable ones", "refuses a frame that needs a dictionary",
            "says where an lz4 frame is damaged",
        ],
    }),
    26: ("archives cut anywhere, and what is none", {
        "ArchiveTests/Reading/ArchiveDamageTests.swift": ["cut at any byte gives all whole groups before"],
        "ArchiveTests/Reading/ArchiveReaderTests.swift": [
            "gives all whole records of an archive cut at any byte", "refuses files that can't be opened, are empty or are directories",
        ],
        "test_replay_input.py": ["test_a_file_that_is_not_an_archive_exits_with_2"],
    }),
    27: ("disks that are full, faulty or read-only, and no file descriptors", {
        "test_recording.py": [
            "test_a_full_disk_stops_recording_and_nothing_else", "test_a_file_whose_sync_failed_is_never_synced_again",
            "test_a_directory_that_cant_be_used_is_refused_at_the_start",
        ],
        "test_descriptors.py": ["test_without_file_descriptors_recording_stops_and_ingest_continues"],
    }),
    28: ("kill -9, and SIGTERM under load", {
        "test_kill.py": ["test_kill_at_random_moments", "test_after_a_stop_under_load_everything_acknowledged_is_there"],
        "test_shutdown.py": ["test_every_acknowledged_span_is_counted_when_stopped_under_load"],
        "test_restart.py": ["test_kill_at_random_moments_makes_one_page_of_one_alert"],
    }),
    29: ("a process that stalls, and a window that is empty after a restart", {
        "test_stopped_process.py": ["test_a_stopped_process_resumes_without_a_storm_of_alerts_and_without_going_back"],
        "test_restart.py": ["test_what_fired_before_a_kill_is_delivered_after_it_and_not_twice"],
    }),
    30: ("a reader that leaves", {
        "test_command_line.py": ["test_a_reader_that_leaves_ends_a_replay_quietly"],
        "test_archive_commands.py": ["test_cat_ends_quietly_when_its_reader_leaves"],
    }),
}

# Features that Faultline doesn't have yet. 4: TLS and tokens; of 17: the page; of 19: ranges of time.
PENDING = {4, 17, 19}

ALL = range(1, 31)
TESTS = ROOT / "Tests"


@pytest.fixture(scope="module")
def collected():
    """The names of the tests of this suite by file, as pytest itself finds them."""
    found = {}

    class Collector:
        def pytest_collection_modifyitems(self, items):
            for item in items:
                found.setdefault(item.path.name, set()).add(item.originalname)

    pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", str(TESTS / "EndToEndTests")], plugins=[Collector()])
    return found


def sentences(file):
    """The names of the Swift tests in a file."""
    return set(re.findall(r"func `([^`]+)`", (TESTS / file).read_text()))


def test_every_kind_has_tests_or_is_known_to_be_pending():
    assert set(KINDS) | PENDING == set(ALL)
    for number, (_, files) in KINDS.items():
        assert files and all(files.values()), number


@pytest.mark.parametrize("number", KINDS)
def test_the_tests_of_a_kind_exist(collected, number):
    kind, files = KINDS[number]
    missing = [
        f"{file}: {name}"
        for file, names in files.items()
        for name in names
        if name not in (collected.get(file, set()) if file.endswith(".py") else sentences(file))
    ]
    assert not missing, f"{number}, {kind}"
