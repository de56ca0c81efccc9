//! New messages at the ends of their rooms, by one statement of Postgres, which is its own transaction.

use plaza_domain::repository::append::{advances, followers};
use plaza_domain::{ClientId, FileId, MessageId, NewMessage};
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, ExprTrait, InsertStatement, JoinType, Query, SelectStatement,
    WithClause,
};
use sea_orm::{DbBackend, IdenStatic};

use super::{by_column::ByColumn, rooms};
use crate::db::entity::message::{Column, Entity};
use crate::db::entity::room;

/// The rooms with their counters as they were raised to.
const RAISED: &str = "raised";
/// What is said, with no place yet: in place of `seq`, how many messages of the same room follow.
const SAID: &str = "said";
/// What was said before it is stored.
const STORED: &str = "stored";

/// Stores messages, at least one, and gives their rooms' counters after them; rooms that are gone, or in another
/// epoch, get nothing.
///
/// Rooms are locked in the order of their ids, as by [`rooms::advance_many`], which is a part of it.
pub fn append(messages: &[NewMessage]) -> SelectStatement {
    let raise = rooms::advance_many(DbBackend::Postgres, &advances(messages));
    let raise = CommonTableExpression::new().table_name(Alias::new(RAISED)).query(raise).to_owned();
    let store = CommonTableExpression::new().table_name(Alias::new(STORED)).query(store(messages)).to_owned();
    Query::select()
        .columns([room::Column::Id, room::Column::LastSeq, room::Column::Version])
        .from(Alias::new(RAISED))
        .with_cte(WithClause::new().cte(raise).cte(store).to_owned())
        .take()
}

fn store(messages: &[NewMessage]) -> InsertStatement {
    let said = |column: Column| Expr::col((Alias::new(SAID), Alias::new(column.as_str())));
    let raised = |column: room::Column| Expr::col((Alias::new(RAISED), column));
    let seq = raised(room::Column::LastSeq).sub(said(Column::Seq));
    let version = raised(room::Column::Version).sub(said(Column::Seq));
    let mut rows = Query::select();
    let mut columns = vec![Column::Seq, Column::Version, Column::CreatedVersion];
    let mut values = vec![seq, version.clone(), version];
    rows.expr_as(ByColumn(&followers(messages)).of(|followers| *followers), Alias::new(Column::Seq.as_str()));
    for (column, given) in unchanged(messages) {
        rows.expr_as(given, Alias::new(column.as_str()));
        columns.push(column);
        values.push(said(column));
    }
    let same_room = raised(room::Column::Id).eq(said(Column::RoomId));
    let select = Query::select()
        .exprs(values)
        .from_subquery(rows, Alias::new(SAID))
        .join(JoinType::InnerJoin, Alias::new(RAISED), same_room)
        .take();
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(columns);
    // It fails only where there are more values than columns, or less.
    drop(insert.select_from(select));
    insert
}

/// What messages have before they have a place.
fn unchanged(messages: &[NewMessage]) -> [(Column, Expr); 12] {
    let by = ByColumn(messages);
    [
        (Column::Id, by.of(|message| message.id.uuid())),
        (Column::RoomId, by.of(|message| message.room_id.uuid())),
        (Column::SenderId, by.of(|message| message.sender_id.uuid())),
        (Column::Kind, by.of(|message| message.draft.kind().as_str().to_owned())),
        (Column::Content, by.of(|message| message.draft.content().as_str().to_owned())),
        (Column::ContentHtml, by.of(|message| message.draft.content_html().to_owned())),
        (Column::ClientId, by.text(|message| message.draft.client_id().map(ClientId::as_str))),
        (Column::FileId, by.id(|message| message.draft.file_id().map(FileId::uuid))),
        (Column::ImageUrl, by.text(|message| message.draft.image_url())),
        (Column::ParentId, by.id(|message| message.draft.parent_id().map(MessageId::uuid))),
        (Column::SystemEvent, by.text(|message| message.draft.system_event().map(|event| event.as_str()))),
        (Column::CreatedAt, by.of(|message| message.created_at)),
    ]
}
