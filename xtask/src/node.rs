//! The TypeScript side: Node, npm, and what is built with them.

use std::{io, path::PathBuf, process::Command};

use crate::{
    process::{self, Failure, Result},
    workspace,
};

/// The oldest Node that Vite and Node's own test runner work on.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// The npm package of the front end's client.
pub(crate) const CLIENT: &str = "sync-client";

/// The folder of the example app's front end; npm takes it as the name of a workspace.
pub(crate) const WEB: &str = "example-app/web";

/// `npm` in the repository.
pub(crate) fn npm(words: &[&str]) -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(workspace::root()).args(words);
    npm
}

/// Fails unless Node and npm are there and new enough.
pub(crate) fn check() -> Result {
    let (major, minor) = OLDEST_NODE;
    let wanted = format!("install Node.js {major}.{minor} or newer, with npm");
    let node = process::output(Command::new("node").arg("--version"))
        .ok_or_else(|| Failure::said(format!("node does not run: {wanted}")))?;
    if parse_version(&node).is_none_or(|found| found < OLDEST_NODE) {
        return Err(Failure::said(format!("node is {node}: {wanted}")));
    }
    match process::output(&mut npm(&["--version"])) {
        Some(_) => Ok(()),
        None => Err(Failure::said(format!("npm does not run: {wanted}"))),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Installs the npm packages when they are missing or older than the lockfile.
pub(crate) fn install() -> Result {
    check()?;
    let root = workspace::root();
    // npm writes this one last, so it is also missing after an install that was broken off.
    let installed = workspace::newest(&[root.join("node_modules/.package-lock.json")]);
    let locked = workspace::newest(&[root.join("package-lock.json")]);
    if installed.is_some() && installed >= locked {
        return Ok(());
    }
    process::run(npm(&["ci"]).stdout(io::stderr()))
}

/// Builds the client package when a source is newer than what is built.
pub(crate) fn build_client() -> Result {
    let root = workspace::root();
    build(CLIENT, &[], root.join(CLIENT).join("dist"))
}

/// Builds the front end when one of its sources, or the client, is newer than what is built.
pub(crate) fn build_web() -> Result {
    let root = workspace::root();
    build(
        WEB,
        &[root.join(CLIENT).join("dist")],
        root.join(WEB).join("dist"),
    )
}

fn build(package: &str, also: &[PathBuf], dist: PathBuf) -> Result {
    let root = workspace::root();
    let mut sources = vec![root.join(package), root.join("tsconfig.base.json")];
    sources.extend_from_slice(also);
    let built = workspace::newest(&[dist]);
    if built.is_some() && built > workspace::newest(&sources) {
        return Ok(());
    }
    // The only word of a demo on stdout is that it is ready.
    process::run(npm(&["run", "build", "--workspace", package]).stdout(io::stderr()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(parse_version("v20.19.4"), Some((20, 19)));
        assert_eq!(parse_version("20"), None);
        assert_eq!(parse_version(""), None);
    }
}
