//! A list of steps: run in order, each with its own output, a table at the end.

use std::time::{Duration, Instant};

use crate::{
    args::StepArgs,
    process::{Failure, Result},
};

/// What a step came to, when nothing failed.
pub(crate) enum Outcome {
    /// It ran.
    Done,
    /// It could not run here, and that is no failure; with what to do about it.
    Skipped(String),
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Done
    }
}

/// One row of the table.
pub(crate) struct Step {
    /// What filters look at.
    pub(crate) name: &'static str,
    /// In a few words, for `--list`.
    pub(crate) about: &'static str,
    /// Steps that have to have worked before; taken along when a filter leaves them out.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn() -> Result<Outcome>,
}

struct Row {
    name: &'static str,
    took: Duration,
    result: std::result::Result<Outcome, String>,
}

/// Runs the chosen steps, all of them whatever fails, and fails if any did.
pub(crate) fn run(steps: &[Step], words: &[String]) -> Result {
    let args = StepArgs::parse(words)?;
    if args.list {
        for step in steps {
            println!("{:<12} {}", step.name, step.about);
        }
        return Ok(());
    }
    let chosen = choose(steps, &args.filters)?;
    let mut rows: Vec<Row> = Vec::new();
    for step in chosen {
        let failed = |name: &str| {
            rows.iter()
                .any(|row| row.name == name && row.result.is_err())
        };
        println!("\n=== {} ===", step.name);
        let started = Instant::now();
        let result = match step.needs.iter().find(|need| failed(need)) {
            Some(need) => Err(format!("not run: {need} failed")),
            None => match (step.run)() {
                Err(Failure::Interrupted) => return Err(Failure::Interrupted),
                Err(Failure::Said(what)) => Err(what),
                Ok(outcome) => Ok(outcome),
            },
        };
        if let Err(what) = &result {
            println!("{}: {what}", step.name);
        }
        rows.push(Row {
            name: step.name,
            took: started.elapsed(),
            result,
        });
    }
    summarise(&rows)
}

/// The steps that a filter names, and those they need.
fn choose<'s>(steps: &'s [Step], filters: &[String]) -> Result<Vec<&'s Step>> {
    if filters.is_empty() {
        return Ok(steps.iter().collect());
    }
    let is_chosen = |step: &Step| {
        filters
            .iter()
            .any(|filter| step.name.contains(filter.as_str()))
    };
    if let Some(nothing) = filters
        .iter()
        .find(|filter| !steps.iter().any(|step| step.name.contains(filter.as_str())))
    {
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        return Err(Failure::said(format!(
            "no step is called like `{nothing}`; there are {}",
            names.join(", ")
        )));
    }
    // Steps only need ones above them, so one pass from the end finds all.
    let mut wanted: Vec<&str> = Vec::new();
    for step in steps.iter().rev() {
        if is_chosen(step) || wanted.contains(&step.name) {
            wanted.push(step.name);
            wanted.extend(step.needs);
        }
    }
    Ok(steps
        .iter()
        .filter(|step| wanted.contains(&step.name))
        .collect())
}

fn summarise(rows: &[Row]) -> Result {
    println!("\n{:<12} {:>9}  result", "step", "seconds");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for row in rows {
        let result = match &row.result {
            Ok(Outcome::Done) => {
                passed += 1;
                "ok".to_owned()
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                format!("skipped: {why}")
            }
            Err(what) => {
                failed += 1;
                format!("FAILED: {what}")
            }
        };
        println!("{:<12} {:>9.1}  {result}", row.name, row.took.as_secs_f64());
    }
    let skips = if skipped > 0 {
        format!(", {skipped} skipped")
    } else {
        String::new()
    };
    println!("\nsteps: {passed} passed, {failed} failed{skips}");
    if failed > 0 {
        return Err(Failure::said(format!(
            "{failed} of {} steps failed",
            rows.len()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, needs: &'static [&'static str]) -> Step {
        Step {
            name,
            about: "",
            needs,
            run: || Ok(Outcome::Done),
        }
    }

    fn names(filters: &[&str]) -> Vec<&'static str> {
        let steps = [
            step("npm", &[]),
            step("app", &["npm"]),
            step("rust", &[]),
            step("wire", &["app"]),
        ];
        let filters: Vec<_> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        choose(&steps, &filters).map_or_else(
            |_| vec![],
            |steps| steps.iter().map(|step| step.name).collect(),
        )
    }

    #[test]
    fn a_filter_takes_along_what_its_steps_need() {
        assert_eq!(names(&["wire"]), ["npm", "app", "wire"]);
        assert_eq!(names(&["rus"]), ["rust"]);
        assert_eq!(names(&[]), ["npm", "app", "rust", "wire"]);
    }

    #[test]
    fn a_filter_that_names_nothing_is_an_error() {
        assert!(names(&["wire", "tpyo"]).is_empty());
    }

    #[test]
    fn one_failed_step_fails_the_whole_and_what_needs_it() {
        let steps = [
            Step {
                run: || Err(Failure::said("no")),
                ..step("a", &[])
            },
            Step {
                run: || panic!("ran without what it needs"),
                ..step("b", &["a"])
            },
        ];
        match run(&steps, &[]) {
            Err(Failure::Said(what)) => assert_eq!(what, "2 of 2 steps failed"),
            other => panic!("{other:?}"),
        }
    }
}
