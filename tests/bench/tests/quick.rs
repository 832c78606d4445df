//! The benchmarks run, and sync loses nothing in them.

use std::process::Command;

#[test]
fn a_quick_measurement_finds_everything_delivered_once_and_in_order() {
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("quick.json");
    // What is not sync and needs Node is left out: there is nothing of ours to test in it.
    let servers = "echo,filter,logged,bare,bare-loop,floor";
    let measured = Command::new(env!("CARGO_BIN_EXE_sync-bench"))
        .args(["measure", "--quick", "--servers", servers, "--out"])
        .arg(&out)
        .output()
        .expect("the benchmarks start");
    let said = String::from_utf8_lossy(&measured.stdout);
    let complained = String::from_utf8_lossy(&measured.stderr);
    assert!(measured.status.success(), "{said}\n{complained}");
    let report = std::fs::read(&out).expect("a report");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    let rows = report["measured"].as_array().expect("rows");
    assert_eq!(rows.len(), 3 * servers.split(',').count());
    for row in rows {
        let run = &row["runs"][0];
        assert!(run["deliveries"].as_u64() > Some(0), "{row}");
        assert_eq!(run["lost"], 0, "{row}");
    }
}
