//! An app outside this workspace, and the commands one runs in it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The published crates, by name; in this repository each lives in the folder of its name.
const CRATES: [&str; 3] = ["sync-runtime", "sync-macros", "sync-build"];

/// This repository.
pub fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// An app in a folder of its own, emptied when a test takes it and left behind for a look.
///
/// It depends on the crates by version, as if they came from the registry; cargo's configuration
/// beside it replaces them by those of this repository. It shares this workspace's target directory
/// and lockfile, so only what is the app's own is compiled.
#[derive(Debug)]
pub struct App {
    root: PathBuf,
}

impl App {
    /// An empty folder `name` in `scratch`, a test's `CARGO_TARGET_TMPDIR`.
    pub fn empty(scratch: &str, name: &str) -> io::Result<Self> {
        let outside = Path::new(scratch).join("apps").join(name);
        if outside.exists() {
            fs::remove_dir_all(&outside)?;
        }
        let root = outside.join("app");
        fs::create_dir_all(&root)?;
        write(&outside.join(".cargo/config.toml"), &patches())?;
        Ok(Self { root })
    }

    /// A copy of the fixture `name` for the test `test`, with the versions of dependencies that this workspace locks.
    pub fn fixture(scratch: &str, name: &str, test: &str) -> io::Result<Self> {
        let app = Self::empty(scratch, test)?;
        copy(&repository().join("tests/fixtures").join(name), &app.root)?;
        // In one target directory cargo tells workspaces' own packages apart by name and version
        // alone, not by where they are.
        for manifest in ["Cargo.toml", "bindings/Cargo.toml"] {
            app.replace(manifest, "\"0.0.0\"", &format!("\"0.0.0-{test}\""))?;
        }
        app.lock()?;
        app.link_npm_packages("web")?;
        Ok(app)
    }

    /// The folder of the app.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Gives the app this workspace's lockfile; cargo takes out what the app does not use.
    pub fn lock(&self) -> io::Result<()> {
        fs::copy(
            repository().join("Cargo.lock"),
            self.root.join("Cargo.lock"),
        )
        .map(drop)
    }

    /// Gives the app's folder `web` the npm packages of this repository, the client among them.
    pub fn link_npm_packages(&self, web: &str) -> io::Result<()> {
        let packages = repository().join("node_modules");
        let built = repository().join("sync-client/dist/index.d.ts");
        if !packages.is_dir() || !built.is_file() {
            return Err(io::Error::other(
                "the client is not built: run `npm ci && npm run build -w sync-client` first \
                 (`cargo xtask test rust` does)",
            ));
        }
        let web = self.root.join(web);
        fs::create_dir_all(&web)?;
        std::os::unix::fs::symlink(packages, web.join("node_modules"))
    }

    /// Reads a file of the app.
    pub fn read(&self, path: &str) -> io::Result<String> {
        let path = self.root.join(path);
        fs::read_to_string(&path).map_err(|error| named(&path, &error))
    }

    /// Writes a file of the app, and the folders it is in.
    pub fn write(&self, path: &str, text: &str) -> io::Result<()> {
        write(&self.root.join(path), text)
    }

    /// Removes a file of the app.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(path))
    }

    /// Changes a file of the app; it is an error when there is nothing to change.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> io::Result<()> {
        let text = self.read(path)?;
        if !text.contains(from) {
            return Err(io::Error::other(format!(
                "{path} does not contain `{from}`"
            )));
        }
        self.write(path, &text.replace(from, to))
    }

    /// A command in the app's folder, in a developer's environment rather than in that of a test.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            let of_the_test = [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_BIN_",
                "CARGO_CRATE_",
            ];
            if of_the_test.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(&*name);
            }
        }
        command
            .env("CARGO_TARGET_DIR", target_dir())
            .env("CARGO_TERM_COLOR", "never");
        command
    }

    /// `cargo build`.
    pub fn build(&self) -> io::Result<Outcome> {
        let mut cargo = self.command("cargo");
        run(cargo.arg("build"))
    }

    /// `tsc` in the app's folder `web`.
    pub fn type_check(&self, web: &str) -> io::Result<Outcome> {
        let mut tsc = self.command("node");
        tsc.arg(repository().join("node_modules/typescript/bin/tsc"))
            .args(["--project", web, "--noEmit", "--pretty", "false"]);
        run(&mut tsc)
    }
}

/// What a program came to.
#[derive(Debug)]
pub struct Outcome {
    /// Whether it was content.
    pub success: bool,
    /// What it printed, on either stream.
    pub text: String,
}

impl Outcome {
    /// Fails the test with what was printed unless the program was content.
    ///
    /// # Panics
    ///
    /// When the program was not content.
    #[track_caller]
    pub fn succeeded(&self) {
        assert!(self.success, "{}", self.text);
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> io::Result<Outcome> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    let mut text = String::from_utf8_lossy(&stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&stderr));
    Ok(Outcome {
        success: status.success(),
        text,
    })
}

/// The target directory this test was built into: `<target>/<profile>/deps/<test>`.
fn target_dir() -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    match test.ancestors().nth(3) {
        Some(target) => target.to_owned(),
        None => repository().join("target"),
    }
}

/// Cargo's configuration for whoever depends on the crates by version.
fn patches() -> String {
    let lines = CRATES.map(|name| {
        let path = repository().join(name);
        format!("{name} = {{ path = {:?} }}\n", path.display().to_string())
    });
    format!("[patch.crates-io]\n{}", lines.concat())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).map_err(|error| named(from, &error))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // Not fs::copy: the copy should be newer than whatever was built from the last one.
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
