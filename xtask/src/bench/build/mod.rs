//! `cargo xtask bench build`: what handlers cost at build time, against the same code as functions.

mod app;
mod handlers;
mod report;
mod timed;

use std::{fs, path::Path, process::Command, str::FromStr};

use self::{
    app::App,
    handlers::{Edit, Style},
    report::{NO_CHANGE, Report, Sizes},
    timed::{Took, timed},
};
use crate::{
    node,
    process::{Failure, Result},
    workspace,
};

/// How many routes the app has that is edited.
const ROUTES: usize = 200;
/// Of how many routes the sizes are taken; the last is also checked by `tsc`.
const SIZES: [usize; 4] = [50, 100, 200, 500];
/// What one front end uses of them, beside all.
const USED: usize = 50;

/// Changes an app; the number is another each time.
type Change = fn(&App, usize) -> Result;

/// What is built, in turn.
const BUILDS: [(&str, Style, bool); 4] = [
    ("functions", Style::Functions, true),
    ("table", Style::Table, true),
    ("routes", Style::Routes, false),
    ("routes+ts", Style::Routes, true),
];

struct Options {
    routes: usize,
    rounds: usize,
    sizes: bool,
}

impl Options {
    fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self {
            routes: ROUTES,
            rounds: 5,
            sizes: true,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let value = words.next().and_then(|value| usize::from_str(value).ok());
                value
                    .filter(|value| *value > 0)
                    .ok_or_else(|| Failure::said(format!("`{word}` takes a number above zero")))
            };
            match *word {
                "--routes" => options.routes = number()?,
                "--rounds" => options.rounds = number()?,
                "--no-sizes" => options.sizes = false,
                _ => {
                    return Err(Failure::said(format!(
                        "bench build takes --routes, --rounds and --no-sizes, not `{word}`"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// Prints its tables and writes them down. No number fails it.
pub(super) fn run(words: &[&str]) -> Result {
    let options = Options::parse(words)?;
    let folder = workspace::target()?.join("bench").join("build");
    let mut report = Report::new(options.routes);
    edits(&folder, &options, &mut report)?;
    if options.sizes {
        for routes in SIZES {
            report.size(sizes(&folder, routes)?);
        }
        front_end(&folder, &options, &mut report)?;
    }
    let out = folder.with_file_name("build.json");
    fs::write(&out, report.json())
        .map_err(|error| Failure::said(format!("{}: {error}", out.display())))?;
    println!("\nwritten to {}", out.display());
    Ok(())
}

/// Builds after edits, each way in turn.
fn edits(folder: &Path, options: &Options, report: &mut Report) -> Result {
    let app = |style| App::new(folder, style, options.routes);
    let (functions, table, routes) = (
        app(Style::Functions)?,
        app(Style::Table)?,
        app(Style::Routes)?,
    );
    let apps = BUILDS.map(|(name, style, all)| {
        let app = match style {
            Style::Functions => &functions,
            Style::Table => &table,
            Style::Routes => &routes,
        };
        (name, app, all)
    });
    for app in [&functions, &table, &routes] {
        build(app, true)?;
    }
    report.head();
    let kinds: [(&str, Change, Change); 4] = [
        (NO_CHANGE, |_, _| Ok(()), |_, _| Ok(())),
        (
            "one body",
            |app, at| app.edit(at % 5 + 5, Edit::Body(at)),
            |_, _| Ok(()),
        ),
        (
            "one field of an input",
            |app, at| app.edit(at % 5 + 15, Edit::Field(at)),
            |_, _| Ok(()),
        ),
        (
            "one route more",
            |app, at| app.add(app.routes() + at),
            |app, at| app.take_out(app.routes() + at),
        ),
    ];
    for (what, edit, undo) in kinds {
        let mut took = BUILDS.map(|_| Vec::new());
        for round in 0..options.rounds {
            for (place, (_, app, all)) in apps.iter().enumerate() {
                // A number that no other edit has had: each is a change.
                let at = round * BUILDS.len() + place;
                edit(app, at)?;
                took[place].push(build(app, *all)?);
                undo(app, at)?;
                build(app, true)?;
            }
        }
        report.edit(what, took);
    }
    Ok(())
}

fn build(app: &App, all: bool) -> Result<Took> {
    let mut cargo = app.cargo();
    cargo.args(["build", "--quiet"]);
    if !all {
        cargo.args(["--package", &app.name()]);
    }
    timed(&mut cargo)
}

fn sizes(folder: &Path, routes: usize) -> Result<Sizes> {
    let app = App::new(folder, Style::Routes, routes)?;
    build(&app, true)?;
    let (rust, typescript) = app.generated()?;
    Ok(Sizes {
        routes,
        rust,
        typescript,
    })
}

/// Checks a front end of the largest app, with both compilers in turn.
fn front_end(folder: &Path, options: &Options, report: &mut Report) -> Result {
    node::install()?;
    node::build_client()?;
    let routes = SIZES[SIZES.len() - 1];
    let app = App::at(folder, Style::Routes, routes);
    for used in [USED, routes] {
        let web = app.front_end(used)?;
        let compilers = [("5.9", "typescript"), ("7", "typescript7")];
        let mut took = compilers.map(|_| Vec::new());
        for _ in 0..options.rounds {
            for (took, (_, package)) in took.iter_mut().zip(compilers) {
                let tsc = workspace::root()
                    .join("node_modules")
                    .join(package)
                    .join("bin/tsc");
                let mut check = Command::new("node");
                took.push(timed(check.arg(tsc).arg("--project").arg(&web))?);
            }
        }
        for ((version, _), took) in compilers.into_iter().zip(took) {
            report.check(version, routes, used, took);
        }
    }
    Ok(())
}
