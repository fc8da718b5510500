//! Reads kubectl's templates, with kubectl's words for what is wrong.

use super::{Node, Operator, Slice};

/// Ranges within ranges beyond which a template is refused.
const DEEPEST: usize = 32;

/// The text and expressions of a template.
pub fn template(text: &str) -> Result<Vec<Vec<Node>>, String> {
    let actions = Parser { text, at: 0, part: false }.template()?;
    let mut depth = 0_usize;
    for node in actions.iter().flatten() {
        depth = match node {
            Node::Range => depth + 1,
            Node::End => depth.checked_sub(1).ok_or("not in range, nothing to end")?,
            _ => depth,
        };
        if depth > DEEPEST {
            return Err(format!("more than {DEEPEST} ranges within each other"));
        }
    }
    Ok(actions)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Whether this is a part of an expression, where no range can begin or end.
    part: bool,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes characters as long as they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = rest.get(..rest.find(|c| !fits(c)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn template(mut self) -> Result<Vec<Vec<Node>>, String> {
        let mut actions = Vec::new();
        loop {
            let text = self.take(|c| c != '{');
            if !text.is_empty() {
                actions.push(vec![Node::Text(text.into())]);
            }
            match self.next() {
                None => return Ok(actions),
                Some(_) => actions.push(self.action()?),
            }
        }
    }

    /// What follows a `{`, up to its `}`.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with("[?(") {
                self.at += 3;
                nodes.push(self.filter()?);
            } else if rest.starts_with("..") {
                self.at += 2;
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_word) {
                    nodes.push(self.field());
                }
            } else {
                match self.next() {
                    Some('}') => return Ok(nodes),
                    None | Some('\n' | '\r') => return Err("unclosed action".to_owned()),
                    Some(' ' | '@' | '$') => {}
                    Some('[') => self.array(&mut nodes)?,
                    Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                    Some('.') => nodes.push(self.field()),
                    Some(c) if c == '+' || c == '-' || c.is_ascii_digit() => nodes.push(self.number(c)?),
                    Some(c) if is_word(c) => nodes.push(self.word(c)?),
                    Some(c) => return Err(format!("unrecognized character in action: U+{:04X} {c:?}", u32::from(c))),
                }
            }
        }
    }

    fn word(&mut self, first: char) -> Result<Node, String> {
        let word = format!("{first}{}", self.take(|c| !ends_name(c)));
        match word.as_str() {
            "true" | "false" => Ok(Node::Literal((word == "true").into())),
            "range" if !self.part => Ok(Node::Range),
            "end" if !self.part => Ok(Node::End),
            _ => Err(format!("unrecognized identifier {word}")),
        }
    }

    fn number(&mut self, first: char) -> Result<Node, String> {
        let text = format!("{first}{}", self.take(|c| c == '.' || c.is_ascii_digit()));
        let float = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(serde_json::Value::from);
        let number = text.parse::<i64>().ok().map(serde_json::Value::from).or_else(float);
        number.map(Node::Literal).ok_or_else(|| format!("cannot parse number {text}"))
    }

    fn field(&mut self) -> Node {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| !ends_name(*c)) {
            self.at += c.len_utf8();
            match c {
                '\\' => name.extend(self.next().filter(|c| *c != '\\')),
                c => name.push(c),
            }
        }
        // Only a bare asterisk is one; an escaped one is a name, as in kubectl.
        let escaped = self.text.get(..self.at).is_some_and(|read| read.ends_with("\\*"));
        if name == "*" && !escaped { Node::Wildcard } else { Node::Field(name) }
    }

    /// What follows a `[`.
    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let text = self.take(|c| c != ']' && c != '\n');
        if self.next() != Some(']') {
            return Err("unterminated array".to_owned());
        }
        let text = if text == "*" { ":" } else { text };
        if text.contains(',') {
            let parts = text.split(',').map(|part| expression(&format!("[{}]", part.trim_matches(' '))));
            nodes.push(Node::Union(parts.collect::<Result<_, _>>()?));
        } else if let Some(key) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(|key| !key.contains('\'')) {
            nodes.extend(expression(&format!(".{key}"))?);
        } else {
            nodes.push(Node::Slice(slice(text)?));
        }
        Ok(())
    }

    /// What follows a `[?(`.
    fn filter(&mut self) -> Result<Node, String> {
        let start = self.at;
        let (mut opened, mut closed) = (None, false);
        let mut before = '(';
        loop {
            let c = self.next().filter(|c| *c != '\n').ok_or("unterminated filter")?;
            match c {
                '"' | '\'' if opened.is_none() => opened = Some(c),
                '"' | '\'' if before != '\\' && opened == Some(c) => closed = true,
                ')' if opened.is_some() == closed => break,
                _ => {}
            }
            before = c;
        }
        let text = self.text.get(start..self.at - 1).unwrap_or_default();
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        let Some((left, operator, right)) = comparison(text) else { return Ok(Node::Exists(expression(text)?)) };
        let (left, right) = (expression(left)?, expression(right)?);
        let operator = match operator {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterEqual,
            _ => return Err(format!("unrecognized filter operator {operator}")),
        };
        Ok(Node::Filter(left, operator, right))
    }

    fn quoted(&mut self, quote: char) -> Result<Node, String> {
        let start = self.at - 1;
        let mut before = quote;
        // The opening quote may not stand for an escaped one: it is no backslash.
        loop {
            let c = self.next().filter(|c| *c != '\n').ok_or("unterminated quoted string")?;
            if c == quote && before != '\\' {
                break;
            }
            before = c;
        }
        let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        let whole = self.text.get(start..self.at).unwrap_or_default();
        let text = unquoted(inner, quote).ok_or_else(|| format!("unquote string {whole} error invalid syntax"))?;
        Ok(Node::Text(text.into()))
    }
}

/// A part of an expression, as if it stood in braces of its own.
fn expression(text: &str) -> Result<Vec<Node>, String> {
    let actions = Parser { text: &format!("{{{text}}}"), at: 0, part: true }.template()?;
    Ok(actions.into_iter().next().unwrap_or_default())
}

/// `left`, operator and `right`; none when there is no operator with something on both sides.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_operator = |c: char| "!<>=".contains(c);
    let start = text.find(is_operator).filter(|start| *start > 0)?;
    let (left, rest) = text.split_at(start);
    let end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len() - 1);
    let (operator, right) = rest.split_at(end);
    (!operator.is_empty()).then_some((left, operator, right))
}

fn slice(text: &str) -> Result<Slice, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let fits = |part: &&str| part.strip_prefix('-').unwrap_or(part).chars().all(|c| c.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(fits) {
        return Err(format!("invalid array index {text}"));
    }
    let number = |part: Option<&&str>| match part {
        None | Some(&"") => Ok(None),
        Some(part) => part.parse::<i64>().map(Some).map_err(|_| format!("array index {part} is not a number")),
    };
    let (start, step, single) = (number(parts.first())?, number(parts.get(2))?, parts.len() == 1);
    let end = if single { Some(start.unwrap_or_default().saturating_add(1)) } else { number(parts.get(1))? };
    Ok(Slice { start, end, single, step })
}

/// The text between quotes as Go reads it; none when it is wrong.
fn unquoted(text: &str, quote: char) -> Option<String> {
    let (mut bytes, mut chars) = (Vec::new(), text.chars());
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next()? {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                'u' => char::from_u32(code(&mut chars, 4, 16)?)?,
                'U' => char::from_u32(code(&mut chars, 8, 16)?)?,
                'x' => {
                    bytes.push(u8::try_from(code(&mut chars, 2, 16)?).ok()?);
                    continue;
                }
                digit @ '0'..='7' => {
                    bytes.push(u8::try_from(digit.to_digit(8)? * 64 + code(&mut chars, 2, 8)?).ok()?);
                    continue;
                }
                c if c == '\\' || c == quote => c,
                _ => return None,
            },
            c => c,
        };
        bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn code(chars: &mut std::str::Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    (0..digits).try_fold(0, |sum, _| Some(sum * radix + chars.next()?.to_digit(radix)?))
}

/// Whether a word can begin with it.
fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Whether a name ends before it.
fn ends_name(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}
