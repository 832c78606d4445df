//! The server of the example app.

use std::io::Write;
use std::process::ExitCode;

use example_app::assistant::Assistant;
use example_app::metrics;
use example_app::options::{Options, OptionsError, USAGE};
use example_app::server::{Server, ServerError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // Standard output belongs to the one line that says we are ready.
    tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(std::io::stderr)
        .init();
    let args = std::env::args().skip(1);
    let options = match Options::read(args, |name| std::env::var(name).ok()) {
        Ok(options) => options,
        Err(OptionsError::Help) => {
            return say(std::io::stdout(), USAGE).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        Err(e) => {
            let _ = say(std::io::stderr(), &format!("example-app: {e}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = say(std::io::stderr(), &format!("example-app: {e}"));
            ExitCode::FAILURE
        }
    }
}

/// What `RUST_LOG` says, without the client of the assistant's endpoint: it logs what an endpoint answers,
/// and that may quote the key it was sent.
fn filter() -> EnvFilter {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    match "async_openai=off".parse() {
        Ok(silence) => filter.add_directive(silence),
        Err(_) => filter,
    }
}

#[tokio::main]
async fn serve(options: Options) -> Result<(), ServerError> {
    let stop = stop_on_signal()?;
    if let Some(port) = options.metrics_port {
        let metrics = metrics::install()?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
        tokio::spawn(metrics::serve(metrics, listener));
    }
    let assistant = Assistant::new(options.assistant.as_ref())?;
    let redis = options.redis.as_ref();
    let server = Server::new(options.data, options.web, redis, assistant).await?;
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let address = listener.local_addr()?;
    // Whoever connects from now on waits in the listener's queue, so this is already true.
    say(std::io::stdout(), &format!("ready http://{address}"))?;
    server.run(listener, stop).await
}

/// Cancelled by the first Ctrl-C or SIGTERM.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        token.cancel();
    });
    Ok(stop)
}

fn say(mut to: impl Write, line: &str) -> std::io::Result<()> {
    writeln!(to, "{line}")?;
    to.flush()
}
