//! Decides once, for every library that prints: colour, characters and width.

use std::ffi::OsString;
use std::io::IsTerminal;

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum, PartialEq, Eq)]
pub enum ColorWhen {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the environment says about terminals.
#[derive(Clone, Debug, Default)]
struct Surroundings {
    no_color: bool,
    forced: bool,
    dumb: bool,
    unicode: bool,
}

/// How one stream is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Whether colour is used.
    pub color: bool,
    /// Whether a person sees it directly.
    pub terminal: bool,
}

/// How everything is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Standard output: data.
    pub out: Stream,
    /// Standard error: everything else.
    pub err: Stream,
    /// Whether only ASCII is used.
    pub ascii: bool,
    /// Columns of the terminal that standard output is, if it is one.
    pub width: Option<usize>,
    /// Whether a person can be asked: standard input and standard error are terminals.
    pub keyboard: bool,
}

impl Look {
    /// Reads the surroundings and tells every library; `color` and `ascii` are the flags.
    pub fn decide(color: ColorWhen, ascii: bool) -> Self {
        let around = Surroundings::read();
        let stream = |terminal| Stream { color: colored(color, &around, terminal), terminal };
        let (out, err) = (stream(std::io::stdout().is_terminal()), stream(std::io::stderr().is_terminal()));
        let width = out.terminal.then(|| usize::from(console::Term::stdout().size().1)).filter(|columns| *columns > 0);
        let keyboard = err.terminal && std::io::stdin().is_terminal();
        let look = Self { out, err, ascii: ascii || around.dumb || !around.unicode, width, keyboard };
        look.tell_the_libraries();
        look
    }

    fn tell_the_libraries(&self) {
        console::set_colors_enabled(self.out.color);
        console::set_colors_enabled_stderr(self.err.color);
        let choice = |color| if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
        choice(self.out.color).write_global();
    }

    /// The word behind a glyph: `✔ Completed`, or `ok Completed` in ASCII.
    pub fn glyph(&self, mark: Mark) -> &'static str {
        match (mark, self.ascii) {
            (Mark::Good, false) => "✔",
            (Mark::Good, true) => "ok",
            (Mark::Bad, false) => "✖",
            (Mark::Bad, true) => "x",
            (Mark::Waiting, false) => "◷",
            (Mark::Waiting, true) => "..",
            (Mark::Running, false) => "●",
            (Mark::Running, true) => "*",
            (Mark::Blocked, false) => "■",
            (Mark::Blocked, true) => "!",
            (Mark::Absent, false) => "–",
            (Mark::Absent, true) => "-",
        }
    }

    /// What marks a shortened text.
    pub fn ellipsis(&self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }
}

/// What a state means to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Ended as wished.
    Good,
    /// Ended otherwise.
    Bad,
    /// Waits for somebody or something.
    Waiting,
    /// Goes on by itself.
    Running,
    /// Goes on only when a person acts.
    Blocked,
    /// Is not there.
    Absent,
}

impl Surroundings {
    fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_string_lossy().to_lowercase();
        Self {
            no_color: set("NO_COLOR").is_some(),
            forced: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb: set("TERM").is_some_and(|term| term == "dumb"),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

fn colored(flag: ColorWhen, around: &Surroundings, terminal: bool) -> bool {
    match flag {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if around.no_color => false,
        ColorWhen::Auto if around.forced => true,
        ColorWhen::Auto => terminal && !around.dumb,
    }
}

/// Finds `--color` before anything is parsed, so that help and usage errors obey it.
pub fn color_flag(words: &[OsString]) -> ColorWhen {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let next = words.iter().zip(words.iter().skip(1)).filter(|(flag, _)| **flag == "--color").map(|(_, value)| *value);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--color="));
    match next.chain(joined).last() {
        Some("always") => ColorWhen::Always,
        Some("never") => ColorWhen::Never,
        _ => ColorWhen::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_decided_by_flag_then_environment_then_terminal() {
        let plain = Surroundings::default();
        let no_color = Surroundings { no_color: true, forced: true, ..plain.clone() };
        let forced = Surroundings { forced: true, dumb: true, ..plain.clone() };
        let dumb = Surroundings { dumb: true, ..plain.clone() };
        #[rustfmt::skip]
        let table = [
            ("a terminal",              ColorWhen::Auto,   &plain,    true,  true),
            ("a pipe",                  ColorWhen::Auto,   &plain,    false, false),
            ("NO_COLOR beats force",    ColorWhen::Auto,   &no_color, true,  false),
            ("force beats dumb",        ColorWhen::Auto,   &forced,   false, true),
            ("a dumb terminal",         ColorWhen::Auto,   &dumb,     true,  false),
            ("always beats NO_COLOR",   ColorWhen::Always, &no_color, false, true),
            ("never beats force",       ColorWhen::Never,  &forced,   true,  false),
        ];
        for (case, flag, around, terminal, expected) in table {
            assert_eq!(colored(flag, around, terminal), expected, "{case}");
        }
    }

    #[test]
    fn the_colour_flag_is_found_before_parsing() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(color_flag(&words("x --color never get")), ColorWhen::Never);
        assert_eq!(color_flag(&words("x get --color=always")), ColorWhen::Always);
        assert_eq!(color_flag(&words("x get -- --color=always")), ColorWhen::Auto);
    }
}
