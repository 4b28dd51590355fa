//! A spanned YAML tree: the door through which every document comes in.
//!
//! [`read`] splits a file at its `---` lines and gives each [`Part`] its own tree or its own findings, so that one
//! broken document never takes the others with it. A [`Node`] knows its bytes in the file, and
//! [`Node::locate`] finds a character of a decoded text (a block scalar, a quoted one with escapes) there too. Plain
//! scalars mean what Kubernetes' reader takes them for ([`Plain`]).

mod expect;
mod limits;
mod locate;
mod merge;
mod node;
mod parse;
mod part;
mod plain;
mod split;

pub use node::{Kind, Node, Style};
pub use part::{Content, Part, read};
pub use plain::Plain;
