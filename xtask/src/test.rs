//! `cargo xtask test`: everything there is to test.

use crate::{
    fuzz, node,
    process::{self, Result},
    steps::{self, Outcome, Step},
    system, workspace,
};

const STEPS: &[Step] = &[
    Step {
        name: "npm",
        about: "npm packages, the client built",
        needs: &[],
        run: || {
            node::install()?;
            node::build_client().map(Outcome::from)
        },
    },
    Step {
        name: "build",
        about: "every crate and the generated TypeScript",
        needs: &[],
        run: || cargo(workspace::BUILD),
    },
    Step {
        name: "rust",
        about: "cargo test for the workspace, and for sync-runtime without features; Redis is started where it is needed",
        needs: &["npm"],
        run: rust,
    },
    Step {
        name: "typescript",
        about: "the client's tests and its package; type checks of all packages",
        needs: &["npm", "build"],
        run: typescript,
    },
    Step {
        name: "web",
        about: "the example's front end, built for the browser",
        needs: &["npm", "build"],
        run: || node::build_web().map(Outcome::from),
    },
    Step {
        name: "wire",
        about: "the wire contract, with the stock socket.io-client against the example and a fixture",
        needs: &["npm", "build"],
        run: wire,
    },
    Step {
        name: "cluster",
        about: "the wire contract on two nodes, and what clients hear when nodes, Redis or networks fail",
        needs: &["npm", "build"],
        run: cluster,
    },
    Step {
        name: "browser",
        about: "the example in real browsers",
        needs: &["npm", "build", "web"],
        run: browser,
    },
    Step {
        name: "fuzz",
        about: "a minute of whatever libFuzzer sends to the parsers of what peers say",
        needs: &[],
        run: fuzz::step,
    },
];

pub(crate) fn run(words: &[String]) -> Result {
    steps::run(STEPS, words)
}

fn cargo(words: &[&str]) -> Result<Outcome> {
    process::run(workspace::cargo().args(words)).map(Outcome::from)
}

fn typescript() -> Result<Outcome> {
    process::run(&mut node::npm(&[
        "run",
        "typecheck",
        "--workspaces",
        "--if-present",
    ]))?;
    process::run(&mut node::npm(&[
        "run",
        "test:package",
        "--workspace",
        node::CLIENT,
    ]))?;
    process::run(&mut node::npm(&["test", "--workspace", node::WEB]))?;
    process::run(&mut node::npm(&["test", "--workspace", node::CLIENT])).map(Outcome::from)
}

fn rust() -> Result<Outcome> {
    const FEATURES: &str = "sync-runtime/testing";
    system::redis()?;
    cargo(&[
        "test",
        "--workspace",
        "--features",
        FEATURES,
        "--no-fail-fast",
    ])?;
    // In the workspace it has the features that its apps want.
    cargo(&["test", "--package", "sync-runtime", "--lib"])
}

fn wire() -> Result<Outcome> {
    served(&["run", "conformance", "--workspace", "sync-tests-wire"])?;
    served(&["run", "lifecycle", "--workspace", "sync-tests-wire"])?;
    Ok(Outcome::Done)
}

fn cluster() -> Result<Outcome> {
    system::redis()?;
    let nodes = ["--", "--nodes", "2"];
    served(
        &[
            &["run", "conformance", "--workspace", "sync-tests-wire"],
            &nodes[..],
        ]
        .concat(),
    )?;
    served(&["run", "faults", "--workspace", "sync-tests-cluster"])?;
    Ok(Outcome::Done)
}

/// Runs a suite that starts the servers of the tests.
fn served(words: &[&str]) -> Result {
    let (app, fixture) = (workspace::example_app()?, workspace::fixture_app()?);
    let mut suite = node::npm(words);
    process::run(suite.env("EXAMPLE_APP", &app).env("WIRE_APP", &fixture))
}

fn browser() -> Result<Outcome> {
    let chromium = system::chromium()?;
    let mut suite = node::npm(&["run", "browser", "--workspace", "sync-tests-browser"]);
    suite
        .env("EXAMPLE_APP", workspace::example_app()?)
        .env(system::CHROMIUM_PATH, chromium);
    process::run(&mut suite).map(Outcome::from)
}
