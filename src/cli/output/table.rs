//! Lays out tables as kubectl does: no borders, upper-case headers, three spaces between columns.

use super::text::{one_line, shortened};
use crate::cli::terminal::Look;
use comfy_table::{ContentArrangement, presets};

/// Columns that free text needs to be worth reading, and columns it gets at the least where that makes the table fit.
const READABLE: usize = 24;
const LEAST: usize = 8;

/// Rows under headers. Cells are made harmless as they come in.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    free: Vec<usize>,
}

impl Table {
    /// A table with these headers.
    pub fn new(headers: &[&str]) -> Self {
        Self { headers: headers.iter().map(|&header| header.to_owned()).collect(), ..Self::default() }
    }

    /// Names a column of free text, which may be shortened on a terminal.
    #[must_use]
    pub fn with_free_text(mut self, header: &str) -> Self {
        self.free.extend(self.headers.iter().position(|known| known == header));
        self
    }

    /// Adds a row; an empty cell is shown as `<none>`.
    pub fn add(&mut self, cells: Vec<String>) {
        let shown = |cell: String| Some(one_line(&cell)).filter(|text| !text.is_empty()).unwrap_or_else(|| "<none>".to_owned());
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// Adds a row as it is: spaces at its beginning count, and no cell is `<none>`.
    pub fn add_drawn(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a column at the end; what is empty in it stays empty. Needs a cell for each row that is there.
    pub fn add_column(&mut self, header: &str, cells: Vec<String>) {
        self.headers.push(header.to_owned());
        self.rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(one_line(&cell)));
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, the header first if it is wanted; shortened only where `look` has a width.
    pub fn lines(&self, look: &Look, header: bool) -> Vec<String> {
        self.lines_as_wide_as(look, header, &[])
    }

    /// Like [`Table::lines`], with columns at least as wide as `widths`.
    pub fn lines_as_wide_as(&self, look: &Look, header: bool, widths: &[usize]) -> Vec<String> {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
        let fitted = self.fitted(look);
        let pad = |cells: &[String]| cells.iter().enumerate().map(|(i, cell)| padded(cell, widths.get(i))).collect::<Vec<_>>();
        if header {
            drawn.add_row(pad(&self.headers));
        }
        drawn.add_rows(fitted.iter().map(|row| pad(row)));
        for column in drawn.column_iter_mut() {
            column.set_padding((0, 3));
        }
        drawn.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Width of each column's widest cell.
    pub fn widths(&self) -> Vec<usize> {
        let widest = |i: usize, header: &String| {
            let cells = self.rows.iter().filter_map(|row| row.get(i));
            cells.chain([header]).map(|cell| console::measure_text_width(cell)).max().unwrap_or_default()
        };
        self.headers.iter().enumerate().map(|(i, header)| widest(i, header)).collect()
    }

    /// Takes a column away.
    #[must_use]
    pub fn without(mut self, header: &str) -> Self {
        let Some(gone) = self.headers.iter().position(|known| known == header) else { return self };
        let all = self.rows.iter_mut().chain(std::iter::once(&mut self.headers));
        all.filter(|cells| gone < cells.len()).for_each(|cells| drop(cells.remove(gone)));
        self.free = self.free.iter().filter(|i| **i != gone).map(|i| if *i > gone { *i - 1 } else { *i }).collect();
        self
    }

    /// Whether it fits on the terminal, if there is one, with free text that is worth reading.
    pub fn fits(&self, look: &Look) -> bool {
        let widths = self.widths();
        self.excess(&widths, look) <= self.spare(&widths, READABLE)
    }

    /// Columns that the terminal does not have.
    fn excess(&self, widths: &[usize], look: &Look) -> usize {
        let total = widths.iter().sum::<usize>() + widths.len().saturating_sub(1) * 3;
        look.width.map_or(0, |width| total.saturating_sub(width))
    }

    /// Columns that free text can go without, when it keeps so many.
    fn spare(&self, widths: &[usize], kept: usize) -> usize {
        self.free.iter().filter_map(|i| widths.get(*i)).map(|width| width.saturating_sub(kept)).sum()
    }

    fn fitted(&self, look: &Look) -> Vec<Vec<String>> {
        let widths = self.widths();
        let excess = self.excess(&widths, look);
        // A table that is too wide anyway is none the better for words that nobody can guess.
        let least = if excess <= self.spare(&widths, LEAST) { LEAST } else { READABLE };
        let (free, mut rows) = (&self.free, self.rows.clone());
        let share = excess.div_ceil(free.len().max(1));
        for (i, width) in free.iter().filter_map(|i| Some((*i, *widths.get(*i)?))).filter(|_| excess > 0) {
            let room = width.saturating_sub(share).max(least);
            rows.iter_mut().filter_map(|row| row.get_mut(i)).for_each(|cell| *cell = shortened(cell, room, look.ellipsis()));
        }
        rows
    }
}

/// A cell as wide as its column has to be: as kubectl's, never narrower than three.
fn padded(cell: &str, width: Option<&usize>) -> String {
    let missing = width.copied().unwrap_or_default().max(3).saturating_sub(console::measure_text_width(cell));
    format!("{cell}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["NAME", "MESSAGE", "AGE"]).with_free_text("MESSAGE");
        table.add(vec!["a".into(), "something went very wrong indeed here".into(), "4m2s".into()]);
        table.add(vec!["b-longer".into(), String::new(), "1d".into()]);
        table
    }

    #[test]
    fn a_table_looks_like_kubectls() {
        let lines = table().lines(&Look::default(), true);
        assert_eq!(lines[0], "NAME       MESSAGE                                 AGE");
        assert_eq!(lines[1], "a          something went very wrong indeed here   4m2s");
        assert_eq!(lines[2], "b-longer   <none>                                  1d");
        assert_eq!(table().lines(&Look::default(), false).len(), 2);
    }

    #[test]
    fn free_text_is_shortened_only_on_a_terminal() {
        let lines = table().lines(&Look { width: Some(40), ..Look::default() }, true);
        assert!(lines.iter().all(|line| console::measure_text_width(line) <= 40), "{lines:?}");
        assert!(lines[1].contains('…'));
    }

    #[test]
    fn a_table_that_cannot_fit_keeps_words_that_can_be_read() {
        let look = |width| Look { width: Some(width), ..Look::default() };
        let shown = |table: Table, width| table.lines(&look(width), true).swap_remove(1);
        #[rustfmt::skip]
        let cases = [
            ("it fits",                      table(),                    64, true,  "a          something went very wrong indeed here   4m2s"),
            ("free text that can be read",   table(),                    45, true,  "a          something went very wrong …   4m2s"),
            ("free text that hardly can",    table(),                    33, false, "a          something went…   4m2s"),
            ("no use",                       table(),                    20, false, "a          something went very wro…   4m2s"),
            ("without a column",             table().without("NAME"),    33, true,  "something went very wrong…   4m2s"),
            ("without the free text",        table().without("MESSAGE"), 20, true,  "a          4m2s"),
        ];
        for (case, table, width, fits, line) in cases {
            assert_eq!((table.fits(&look(width)), shown(table, width).as_str()), (fits, line), "{case}");
        }
    }

    #[test]
    fn cells_from_the_cluster_are_harmless_and_one_line() {
        let mut table = Table::new(&["NAME"]);
        table.add(vec!["\u{1b}[2Ja\nb\u{202e}".into()]);
        assert_eq!(table.lines(&Look::default(), false), ["a b"]);
    }
}
