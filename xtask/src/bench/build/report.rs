//! The tables, and the file for later.

use std::fmt::Write;

use super::{BUILDS, timed::Took};

/// A build after an edit may take so many times that of the functions.
const BUILD_GOAL: f64 = 1.3;
/// What `tsc` may take, in seconds.
const CHECK_GOAL: f64 = 5.0;
/// What a route may add to the generated code, by how many times it differs between the smallest app
/// and the largest.
const LINEAR: f64 = 1.1;

/// The edit that is none.
pub(super) const NO_CHANGE: &str = "no change";

/// What sync-build writes for an app, in bytes.
pub(super) struct Sizes {
    pub(super) routes: usize,
    pub(super) rust: u64,
    pub(super) typescript: u64,
}

/// Prints each line as it is known and keeps it.
pub(super) struct Report {
    routes: usize,
    /// The rows of the file, as JSON.
    builds: Vec<String>,
    sizes: Vec<Sizes>,
    checks: Vec<String>,
}

impl Report {
    pub(super) fn new(routes: usize) -> Self {
        Self {
            routes,
            builds: Vec::new(),
            sizes: Vec::new(),
            checks: Vec::new(),
        }
    }

    pub(super) fn head(&self) {
        println!(
            "An app of {} routes, and the same types and bodies as functions. `cargo build` after an edit, the apps in \
             turn:\nmedian seconds (least - most), and of processor time. All have the same dependencies and link \
             the same.\n\n\
             functions  functions that nobody calls\n\
             table      functions in a table by name that reads their input and writes their output\n\
             routes     handler files; the app's package alone\n\
             routes+ts  the same, and the package that writes the TypeScript\n",
            self.routes
        );
    }

    pub(super) fn edit(&mut self, what: &str, took: [Vec<Took>; BUILDS.len()]) {
        println!("{what}:");
        for ((name, ..), took) in BUILDS.iter().zip(&took) {
            println!("  {name:<10} {}", seconds(took));
        }
        // Of nothing to do, ratios say nothing.
        let against: &[usize] = if what == NO_CHANGE { &[] } else { &[0, 1] };
        for &against in against {
            for ours in [2, 3] {
                let ratio = |figure: fn(&Took) -> f64| {
                    let pairs = took[ours].iter().zip(&took[against]);
                    median(pairs.map(|(ours, theirs)| figure(ours) / figure(theirs)))
                };
                let (clock, cpu) = (ratio(|took| took.clock), ratio(|took| took.cpu));
                println!(
                    "  {:<9} / {:<9} {clock:>5.2}, processor time {cpu:>5.2}  goal {BUILD_GOAL} {}",
                    BUILDS[ours].0,
                    BUILDS[against].0,
                    verdict(clock <= BUILD_GOAL)
                );
            }
        }
        for ((name, ..), took) in BUILDS.iter().zip(&took) {
            self.builds.push(format!(
                "{{\"edit\": \"{what}\", \"build\": \"{name}\", \"routes\": {}, {}}}",
                self.routes,
                runs(took)
            ));
        }
    }

    pub(super) fn size(&mut self, sizes: Sizes) {
        if self.sizes.is_empty() {
            println!("\nwhat is generated, in bytes (for each route):");
        }
        let Sizes {
            routes,
            rust,
            typescript,
        } = sizes;
        println!(
            "  {routes:>4} routes: Rust {rust:>8} ({:>5.1}), TypeScript {typescript:>8} ({:>5.1})",
            each(rust, routes),
            each(typescript, routes)
        );
        self.sizes.push(sizes);
        if let [first, .., last] = &self.sizes[..] {
            let rust = each(last.rust, last.routes) / each(first.rust, first.routes);
            let typescript =
                each(last.typescript, last.routes) / each(first.typescript, first.routes);
            println!(
                "       a route against {}: {rust:.2}, {typescript:.2} times  goal {LINEAR} {}",
                first.routes,
                verdict(rust.max(typescript) <= LINEAR)
            );
        }
    }

    pub(super) fn check(&mut self, version: &str, routes: usize, used: usize, took: Vec<Took>) {
        if self.checks.is_empty() {
            println!("\ntsc, {routes} routes:");
        }
        println!(
            "  TypeScript {version:<4} {used:>4} of them in use {}  goal {CHECK_GOAL} {}",
            seconds(&took),
            verdict(median(took.iter().map(|took| took.clock)) <= CHECK_GOAL)
        );
        self.checks.push(format!(
            "{{\"typescript\": \"{version}\", \"routes\": {routes}, \"used\": {used}, {}}}",
            runs(&took)
        ));
    }

    pub(super) fn json(&self) -> String {
        let sizes = self.sizes.iter().map(|sizes| {
            let Sizes {
                routes,
                rust,
                typescript,
            } = sizes;
            format!("{{\"routes\": {routes}, \"rust\": {rust}, \"typescript\": {typescript}}}")
        });
        let sizes: Vec<String> = sizes.collect();
        let mut text = "{".to_owned();
        for (place, (name, rows)) in [
            ("builds", &self.builds),
            ("sizes", &sizes),
            ("checks", &self.checks),
        ]
        .into_iter()
        .enumerate()
        {
            let comma = if place == 0 { "" } else { "," };
            _ = write!(
                text,
                "{comma}\n  \"{name}\": [\n    {}\n  ]",
                rows.join(",\n    ")
            );
        }
        text.push_str("\n}\n");
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of source code")]
fn each(bytes: u64, routes: usize) -> f64 {
    bytes as f64 / routes as f64
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED" }
}

fn seconds(took: &[Took]) -> String {
    let clock = || took.iter().map(|took| took.clock);
    format!(
        "{:>6.2} ({:>6.2} -{:>6.2}), processor time {:>6.2}",
        median(clock()),
        clock().fold(f64::INFINITY, f64::min),
        clock().fold(0.0, f64::max),
        median(took.iter().map(|took| took.cpu)),
    )
}

fn runs(took: &[Took]) -> String {
    let list = |figure: fn(&Took) -> f64| {
        let figures = took.iter().map(|took| format!("{:.3}", figure(took)));
        figures.collect::<Vec<_>>().join(", ")
    };
    format!(
        "\"seconds\": [{}], \"cpuSeconds\": [{}]",
        list(|took| took.clock),
        list(|took| took.cpu)
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        many => f64::midpoint(values[(many - 1) / 2], values[many / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_json_with_every_run() {
        let took = |clock| Took { clock, cpu: 2.0 };
        let mut report = Report::new(200);
        report.edit("one body", BUILDS.map(|_| vec![took(1.0), took(3.0)]));
        report.size(Sizes {
            routes: 50,
            rust: 100,
            typescript: 200,
        });
        report.check("7", 500, 50, vec![took(1.5)]);
        let json = report.json();
        for part in [
            r#""build": "table", "routes": 200, "seconds": [1.000, 3.000]"#,
            r#"{"routes": 50, "rust": 100, "typescript": 200}"#,
            r#""typescript": "7", "routes": 500, "used": 50, "seconds": [1.500]"#,
        ] {
            assert!(json.contains(part), "{json}");
        }
        assert_eq!(json.matches('{').count(), json.matches('}').count());
    }

    #[test]
    fn a_median_is_between_the_values_in_the_middle() {
        assert!((median([4.0, 1.0].into_iter()) - 2.5).abs() < f64::EPSILON);
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
    }
}
