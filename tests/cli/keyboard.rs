//! What the keys of a terminal do at a question.

use super::pty::{code, spawn};
use super::store::Store;
use super::{BINARY, alone};
use rexpect::session::PtySession;

const QUESTION: &str = "Approve this plan? [y/N/d=show yaml]: ";

/// A shell that runs a script, in which `approve` approves `x`.
fn shell(server: &Store, script: &str) -> PtySession {
    let approve = format!("'{BINARY}' approve x -s {} -n payment", server.address);
    let mut process = alone("sh");
    process.args(["-c", &script.replace("approve", &approve)]).env("TERM", "xterm");
    spawn(process)
}

/// An answer that is no yes: nothing is written.
fn declines(answer: &str, session: &mut PtySession, server: &Store) {
    session.send_line(answer).expect("typed");
    session.exp_string("nothing is written").expect("the answer");
    assert_eq!((code(session), server.written().len()), (1, 0));
}

#[test]
fn ctrl_z_goes_to_the_shell_and_the_question_is_asked_again_after_fg() {
    for (answer, expected, written) in [("", 1, 0), ("y", 0, 1)] {
        let server = Store::usual();
        let mut session = shell(&server, "set -m; approve; echo stopped with $?; read word; echo the shell has $word; fg");
        session.exp_string(QUESTION).expect("the question");
        session.send("y").expect("typed");
        session.send_control('z').expect("typed");
        session.exp_string("stopped with 148").expect("the shell goes on");
        session.send_line("no-answer").expect("typed");
        session.exp_string("the shell has no-answer").expect("the line is the shell's");
        session.exp_string(QUESTION).expect("asked again");
        session.send_line(answer).expect("typed");
        let rest = session.exp_eof().expect("it ended");
        assert_eq!((code(&session), server.written().len()), (expected, written), "{rest}");
    }
}

#[test]
fn what_was_typed_before_the_question_is_no_answer_to_it() {
    let server = Store::usual();
    let mut session = shell(&server, "echo ready; read word; approve");
    session.exp_string("ready").expect("the shell");
    session.send("go\ny\n").expect("typed");
    session.flush().expect("sent");
    session.exp_string(QUESTION).expect("the question");
    declines("n", &mut session, &server);
}

#[test]
fn lines_are_edited_as_in_a_shell_and_arrow_keys_are_no_answer() {
    let server = Store::usual();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string(QUESTION).expect("the question");
    session.send_line("\u{1b}[Dy").expect("typed");
    session.exp_string("That holds control characters").expect("why");
    session.exp_string(QUESTION).expect("asked again");
    session.send_line("nope\u{15}no\u{7f}\u{7f}y").expect("typed");
    session.exp_string("x approved").expect("the answer");
    assert_eq!(code(&session), 0);
}

#[test]
fn what_was_typed_ahead_is_no_answer_to_a_question_that_is_asked_again() {
    let server = Store::usual();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string(QUESTION).expect("the question");
    session.send("\u{1b}[D\ny\n").expect("typed");
    session.flush().expect("sent");
    session.exp_string("type it again").expect("why");
    session.exp_string(QUESTION).expect("asked again");
    declines("n", &mut session, &server);
}

#[test]
fn a_question_mark_explains_the_answers() {
    let server = Store::usual();
    let mut session = server.spawn(&["approve", "x"]);
    session.exp_string(QUESTION).expect("the question");
    session.send_line("?").expect("typed");
    session.exp_string("y or yes: approve exactly what is shown above").expect("the answers");
    session.exp_string(QUESTION).expect("asked again");
    declines("", &mut session, &server);
}
