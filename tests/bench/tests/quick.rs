//! The benchmarks run, and sync loses nothing in them.

use std::process::Command;

#[test]
fn a_quick_measurement_finds_everything_delivered_once_and_in_order() {
    // What is not sync and needs Node is left out: there is nothing of ours to test in it.
    let rows = measured(
        "quick",
        &["--servers", "echo,filter,logged,bare,bare-loop,floor"],
    );
    assert_eq!(rows.len(), 3 * 6);
    for row in rows {
        let run = &row["runs"][0];
        assert!(run["deliveries"].as_u64() > Some(0), "{row}");
        assert_eq!(run["lost"], 0, "{row}");
    }
}

#[test]
fn many_rooms_many_routes_two_nodes_and_one_who_does_not_read_are_measured_and_nothing_is_lost() {
    let rows = measured("more", &["--more"]);
    let loads: Vec<_> = rows.iter().map(|row| &row["load"]).collect();
    for part in ["rooms", "routes", "stalled"] {
        let is_there = |load: &&serde_json::Value| load[part].as_u64() > Some(0);
        assert!(loads.iter().any(is_there), "{part}");
    }
    for row in &rows {
        let run = &row["runs"][0];
        assert!(run["deliveries"].as_u64() > Some(0), "{row}");
        assert_eq!(run["lost"], 0, "{row}");
    }
    // One message for each fan-out: within a script where it is recorded, by itself elsewhere.
    for server in ["echo-2", "filter-2", "logged-2"] {
        let row = rows.iter().find(|row| row["server"] == server);
        let asked = &row.expect("a row")["runs"][0]["redisCommands"];
        let published = asked["publish"].as_f64().unwrap_or_default()
            + asked["spublish"].as_f64().unwrap_or_default();
        assert!((0.9..1.1).contains(&published), "{server}: {asked}");
    }
}

#[expect(clippy::expect_used, reason = "a part of the tests above")]
fn measured(name: &str, options: &[&str]) -> Vec<serde_json::Value> {
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    let measured = Command::new(env!("CARGO_BIN_EXE_sync-bench"))
        .args(["measure", "--quick"])
        .args(options)
        .arg("--out")
        .arg(&out)
        .output()
        .expect("the benchmarks start");
    let said = String::from_utf8_lossy(&measured.stdout);
    let complained = String::from_utf8_lossy(&measured.stderr);
    assert!(measured.status.success(), "{said}\n{complained}");
    let report = std::fs::read(&out).expect("a report");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    report["measured"].as_array().expect("rows").clone()
}
