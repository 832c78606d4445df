//! Running other programs so that none outlives the command that started it.
//!
//! Every child leads a process group of its own: Ctrl-C in a terminal then reaches only this
//! program, which passes it on once, to the child and whatever the child started.

use std::{
    fmt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// Anything else, in words for the person at the terminal.
    Said(String),
}

impl Failure {
    pub(crate) fn said(what: impl Into<String>) -> Self {
        Self::Said(what.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::Said(what) => f.write_str(what),
        }
    }
}

pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// How long a child may take to stop after it was asked to, before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// std can wait for a child or not, but not with a limit; so waiting looks this often.
const LOOK_EVERY: Duration = Duration::from_millis(20);

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);

/// From now on Ctrl-C and SIGTERM are counted instead of ending this program.
pub(crate) fn hear_signals() -> Result {
    ctrlc::set_handler(|| {
        INTERRUPTS.fetch_add(1, Ordering::SeqCst);
    })
    .map_err(|error| Failure::said(format!("cannot listen for Ctrl-C: {error}")))
}

fn interrupts() -> usize {
    INTERRUPTS.load(Ordering::SeqCst)
}

pub(crate) fn interrupted() -> bool {
    interrupts() > 0
}

/// A running child that is stopped when this is dropped.
pub(crate) struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        if interrupted() {
            return Err(Failure::Interrupted);
        }
        let name = command.get_program().to_string_lossy().into_owned();
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // A group in the background may not read from the terminal: it would be stopped.
        command.stdin(Stdio::null());
        let child = command
            .spawn()
            .map_err(|error| Failure::said(format!("cannot run {name}: {error}")))?;
        Ok(Self { child, name })
    }

    pub(crate) fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the child to end by itself; stops it and fails when this program is interrupted.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if interrupted() {
                self.stop();
                return Err(Failure::Interrupted);
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// As [`wait`](Self::wait), for the first of several to end; tells which it was.
    pub(crate) fn wait_for_one(running: &mut [Self]) -> Result<(String, ExitStatus)> {
        loop {
            for one in &mut *running {
                if let Some(status) = one.ended()? {
                    return Ok((one.name.clone(), status));
                }
            }
            if interrupted() {
                return Err(Failure::Interrupted);
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .map_err(|error| Failure::said(format!("cannot wait for {}: {error}", self.name)))
    }

    /// Asks the child to stop, and kills it when it does not within the deadline or when whoever
    /// waits asks a second time.
    fn stop(&mut self) {
        self.signal(Signal::Terminate);
        let deadline = Instant::now() + STOP_DEADLINE;
        let asked = interrupts();
        while matches!(self.ended(), Ok(None)) {
            if Instant::now() > deadline || interrupts() > asked {
                eprintln!("xtask: {} did not stop in time and was killed", self.name);
                self.signal(Signal::Kill);
                self.child.wait().ok();
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    #[cfg(unix)]
    fn signal(&mut self, signal: Signal) {
        use nix::sys::signal::{self, killpg};
        let signal = match signal {
            Signal::Terminate => signal::Signal::SIGTERM,
            Signal::Kill => signal::Signal::SIGKILL,
        };
        if let Ok(id) = i32::try_from(self.child.id()) {
            // Fails only when the whole group is gone already.
            killpg(nix::unistd::Pid::from_raw(id), signal).ok();
        }
    }

    // A console shares its Ctrl-C with the children there; killing is the only other thing that
    // can be done to them.
    #[cfg(not(unix))]
    fn signal(&mut self, signal: Signal) {
        if matches!(signal, Signal::Kill) {
            self.child.kill().ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            self.stop();
        }
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Terminate,
    Kill,
}

/// Runs to the end; fails when the program does.
pub(crate) fn run(command: &mut Command) -> Result {
    eprintln!("$ {}", words(command));
    let status = Running::start(command)?.wait()?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::said(format!("`{}`: {status}", words(command))))
    }
}

/// What a program prints on stdout, or `None` when it is not there or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The command as one would type it, without its environment.
fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
