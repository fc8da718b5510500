//! Finds the tables of a screen by their headers, and lays out anew what has other cells than before.

use super::terminal::COLUMNS;
use console::measure_text_width as width_of;

/// The screen with other cells: `change` has the header of each, the number of its row, and what is in it.
pub fn anew(screen: &str, change: impl Fn(&str, usize, &str) -> String) -> String {
    let lines: Vec<&str> = screen.lines().collect();
    let (mut drawn, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let starts = columns(lines[at]);
        let height = if starts.is_empty() { 1 } else { 1 + lines[at + 1..].iter().take_while(|line| is_row(line, &starts)).count() };
        match starts.is_empty() {
            true => drawn.push(lines[at].to_owned()),
            false => drawn.extend(table(&lines[at..at + height], &starts, &change)),
        }
        at += height;
    }
    drawn.join("\n") + "\n"
}

/// Where the columns begin, if this is a header: words in capitals, two spaces or more between them.
fn columns(line: &str) -> Vec<usize> {
    let capitals = |c: char| c.is_ascii_uppercase() || c == '-' || c == ' ';
    if !line.chars().all(capitals) || !line.contains("  ") {
        return Vec::new();
    }
    let letters = by_column(line);
    (0..letters.len()).filter(|at| letters[*at] != ' ' && (*at == 0 || (*at > 1 && letters[at - 2..*at] == [' ', ' ']))).collect()
}

/// Whether a line has its gaps where the table has them.
fn is_row(line: &str, starts: &[usize]) -> bool {
    let letters = by_column(line);
    let gap = |start: &usize| letters.iter().take(*start).skip(start - 2).all(|letter| *letter == ' ');
    !line.trim().is_empty() && starts[1..].iter().all(gap)
}

fn table(lines: &[&str], starts: &[usize], change: impl Fn(&str, usize, &str) -> String) -> Vec<String> {
    let before: Vec<Vec<String>> = joined(lines.iter().map(|line| cells(line, starts)));
    let headers = before[0].clone();
    let changed = |(nth, row): (usize, &Vec<String>)| -> Vec<String> {
        row.iter().zip(&headers).map(|(cell, header)| if nth == 0 { cell.clone() } else { change(header, nth - 1, cell) }).collect()
    };
    let after: Vec<Vec<String>> = before.iter().enumerate().map(changed).collect();
    if after == before {
        return lines.iter().map(|line| (*line).to_owned()).collect();
    }
    let widest = |rows: &[Vec<String>], column: usize| rows.iter().map(|row| width_of(&row[column])).max().unwrap_or(0);
    // A column whose cells stayed as wide keeps its width, whatever made it so wide.
    let width = |column: usize| {
        let was = starts[column + 1] - starts[column];
        if widest(&after, column) == widest(&before, column) { was } else { widest(&after, column) + 3 }
    };
    let widths: Vec<usize> = (0..starts.len() - 1).map(width).collect();
    let is_wrapped = before.len() < lines.len();
    after.iter().flat_map(|row| drawn(row, &widths, is_wrapped)).collect()
}

/// A row in lines: more than one where the last cell was wrapped.
fn drawn(row: &[String], widths: &[usize], is_wrapped: bool) -> Vec<String> {
    let indent: usize = widths.iter().sum();
    let last = row.last().unwrap();
    let lines = if is_wrapped { wrapped(last, COLUMNS - indent) } else { vec![last.clone()] };
    let first: String = row.iter().zip(widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - width_of(cell)))).collect();
    let begin = |nth: usize| if nth == 0 { first.clone() } else { " ".repeat(indent) };
    lines.iter().enumerate().map(|(nth, line)| format!("{}{line}", begin(nth)).trim_end().to_owned()).collect()
}

fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= room) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A line without a first cell goes on with the last cell of the row above.
fn joined(rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let mut whole: Vec<Vec<String>> = Vec::new();
    for row in rows {
        match whole.last_mut().filter(|_| row[0].is_empty()) {
            Some(above) => above.last_mut().unwrap().extend([" ", row.last().unwrap()]),
            None => whole.push(row),
        }
    }
    whole
}

fn cells(line: &str, starts: &[usize]) -> Vec<String> {
    let ends = starts[1..].iter().copied().chain([usize::MAX]);
    let (letters, text) = (by_column(line), |letters: &[char]| letters.iter().filter(|letter| **letter != COVERED).collect::<String>());
    let until = |end: usize| end.min(letters.len());
    starts.iter().zip(ends).map(|(start, end)| text(&letters[until(*start)..until(end)]).trim().to_owned()).collect()
}

/// What stands in a column that the letter before it takes, too.
const COVERED: char = '\0';

/// The letters of a line by the columns they stand in.
fn by_column(line: &str) -> Vec<char> {
    let wide = |letter: &char| width_of(&letter.to_string()) > 1;
    line.chars().flat_map(|letter| std::iter::once(letter).chain(wide(&letter).then_some(COVERED))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_other_cells_is_laid_out_anew_and_the_rest_stays() {
        let aged = |header: &str, _: usize, cell: &str| if header == "AGE" { "4m9s".to_owned() } else { cell.replace("5s", "12s") };
        let columns = |columns: [&str; 4]| columns.join("\n") + "\n";
        #[rustfmt::skip]
        let cases = [
            ("wider",    columns(["A word", "NAME   AGE   INFO", "├─ b   9s    x", "hint: c   d"]),   columns(["A word", "NAME   AGE    INFO", "├─ b   4m9s   x", "hint: c   d"])),
            ("the same", columns(["NAME  AGE", "b     4m9s", "", "4s"]),                              columns(["NAME  AGE", "b     4m9s", "", "4s"])),
            ("wide",     columns(["NAME   INFO    AGE", "a      🔴 so   9s", "b      x       9s", ""]),       columns(["NAME   INFO    AGE", "a      🔴 so   4m9s", "b      x       4m9s", ""])),
            ("wrapped",  columns(["GATE      DETAIL", "1 first   it was (5s", "          ago)", "x"]), "GATE      DETAIL\n1 first   it was (12s ago)\nx\n".to_owned()),
        ];
        for (case, screen, expected) in cases {
            assert_eq!(anew(&screen, aged), expected, "{case}");
        }
    }
}
