//! Collects figures and prints them as one table.

use std::time::Duration;

/// A figure, what was measured, and what it should be.
struct Row {
    figure: String,
    measured: String,
    aim: String,
}

/// The figures of one run.
#[derive(Default)]
pub struct Figures {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Figures {
    /// Adds a row.
    pub fn add(&mut self, figure: impl Into<String>, measured: impl Into<String>, aim: impl Into<String>) {
        let row = Row { figure: figure.into(), measured: measured.into(), aim: aim.into() };
        eprintln!("  {}: {}", row.figure, row.measured);
        self.rows.push(row);
    }

    /// Adds a line below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The machine, the table, the notes.
    pub fn print(&self) {
        let mut lines: Vec<[&str; 3]> = vec![["figure", "measured", "aim"]];
        lines.extend(self.rows.iter().map(|row| [row.figure.as_str(), row.measured.as_str(), row.aim.as_str()]));
        let widths = [0, 1, 2].map(|column| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max());
        let [figure, measured, aim] = widths.map(Option::unwrap_or_default);
        println!("{}\n", machine());
        for (place, [one, two, three]) in lines.into_iter().enumerate() {
            println!("| {one:figure$} | {two:measured$} | {three:aim$} |");
            if place == 0 {
                println!("|-{:-<figure$}-|-{:-<measured$}-|-{:-<aim$}-|", "", "", "");
            }
        }
        self.notes.iter().for_each(|note| println!("\n{note}"));
    }
}

/// When and on what this was measured.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown CPU", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(1).unwrap_or("unknown");
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!("{now} · {model} · {cores} cores, shared with the whole control plane · load of the last 5 minutes {load}")
}

/// The smallest value that `percent` of all do not exceed.
pub fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// A length of time in milliseconds, as `12 ms`.
pub fn milliseconds(length: Duration) -> String {
    match length.as_secs_f64() * 1_000.0 {
        short if short < 10.0 => format!("{short:.1} ms"),
        long => format!("{long:.0} ms"),
    }
}

/// Median and 95th percentile.
pub fn spread(values: &[Duration]) -> String {
    let [p50, p95] = [50, 95].map(|percent| milliseconds(percentile(values, percent)));
    format!("p50 {p50}, p95 {p95}")
}
