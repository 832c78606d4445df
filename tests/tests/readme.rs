//! The README's guide, followed to the letter in an empty folder outside this workspace.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use sync_tests::{
    app::{App, repository, run},
    guide::{Step, steps},
};

/// Building an app for the first time is what takes so long.
const READY_WITHIN: Duration = Duration::from_mins(10);

#[test]
fn an_app_made_by_following_the_readme_works() -> io::Result<()> {
    // Whatever else listens on this machine, the reader's server has a port of its own.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let readme = fs::read_to_string(repository().join("README.md"))?;
    let steps = steps(&readme.replace("127.0.0.1:3000", &format!("127.0.0.1:{port}")));
    assert!(
        !steps.is_empty(),
        "README.md has nothing between `<!-- followed by a test -->` and `<!-- end -->`"
    );

    let app = App::empty(&outside(), "readme")?;
    symlink(repository(), app.root().join("sync"))?;
    let mut reader = Reader {
        app,
        folder: String::new(),
        servers: Vec::new(),
        url: None,
    };
    for step in &steps {
        match step {
            Step::File { path, text } => {
                let path = reader.path(path);
                reader.app.write(&path, text)?;
            }
            Step::Shell(script) => reader.type_in(script)?,
        }
    }
    let url = reader
        .url
        .clone()
        .expect("the guide never says `cargo run`");
    let mut check = reader.app.command("node");
    let script = repository().join("tests/wire/readme.mjs");
    run(check.arg(script).arg(url))?.succeeded();
    Ok(())
}

/// A folder that is in no workspace, the same each time: cargo builds what it finds at another path
/// anew.
fn outside() -> String {
    let mut repositories = DefaultHasher::new();
    repository().hash(&mut repositories);
    let name = format!("sync-readme-{:x}", repositories.finish());
    std::env::temp_dir().join(name).display().to_string()
}

/// Someone who does what the guide says.
struct Reader {
    app: App,
    /// Where the reader's shell is, relative to the empty folder it started in.
    folder: String,
    servers: Vec<Child>,
    /// Where the last server listens.
    url: Option<String>,
}

impl Reader {
    fn path(&self, path: &str) -> String {
        if self.folder.is_empty() {
            path.to_owned()
        } else {
            format!("{}/{path}", self.folder)
        }
    }

    fn type_in(&mut self, script: &str) -> io::Result<()> {
        let script = script.replace("\\\n", " ");
        for line in script
            .lines()
            .map(|line| line.trim_start_matches("$ ").trim())
        {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            eprintln!("{}$ {line}", self.folder);
            if line.starts_with("cargo run") {
                self.serve(line)?;
            } else {
                self.shell(line)?;
            }
        }
        Ok(())
    }

    fn shell(&mut self, line: &str) -> io::Result<()> {
        // What the shell ends up in is where the next command is typed.
        let script = format!(
            "set -e; cd ./{}; {line}\n pwd > \"$READER_FOLDER\"",
            self.folder
        );
        let told = self.app.root().with_file_name("folder");
        let mut bash = self.app.command("bash");
        let outcome = run(bash.args(["-c", &script]).env("READER_FOLDER", &told))?;
        assert!(outcome.success, "`{line}`:\n{}", outcome.text);
        let folder = fs::read_to_string(&told)?;
        let root = self.app.root().canonicalize()?;
        let inside = Path::new(folder.trim()).strip_prefix(&root);
        self.folder = inside.map_err(io::Error::other)?.display().to_string();
        // The first package is made by now; the versions this workspace has tried are its versions.
        let fresh = self.app.root().join(&self.folder);
        if fresh.join("Cargo.toml").exists() && !fresh.join("Cargo.lock").exists() {
            fs::copy(repository().join("Cargo.lock"), fresh.join("Cargo.lock"))?;
        }
        Ok(())
    }

    /// Starts a server and waits until it says where it listens.
    fn serve(&mut self, line: &str) -> io::Result<()> {
        let script = format!("cd ./{}; exec {line}", self.folder);
        let mut bash = self.app.command("bash");
        bash.args(["-c", &script]).stdout(Stdio::piped());
        let mut server = bash.spawn()?;
        let stdout = server.stdout.take();
        self.servers.push(server);
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
                .map_while(Result::ok)
            {
                if let Some(start) = line.find("http://") {
                    let url = line[start..].split_whitespace().next().unwrap_or_default();
                    tell.send(url.to_owned()).ok();
                }
            }
        });
        match told.recv_timeout(READY_WITHIN) {
            Ok(url) => {
                self.url = Some(url);
                Ok(())
            }
            Err(_) => Err(io::Error::other(format!(
                "`{line}` never printed a line with its http:// address"
            ))),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill().ok();
            server.wait().ok();
        }
    }
}
