//! The schema as a page for people: by domain a diagram, the tables with their columns, and the functions of now.
//!
//! Everything but the sentences about functions and views comes from the catalogue; those stand as `--` lines above their
//! definition in `sql/now/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tokio_postgres::Client;

type Failure = Box<dyn std::error::Error>;

/// A part of the service, with what it owns in the database.
struct Domain {
    name: &'static str,
    about: &'static str,
    /// Tables and views, in the order in which one reads them.
    tables: &'static [&'static str],
    functions: &'static [&'static str],
}

/// Who owns which table and function. What is in no row, or in two, fails.
const DOMAINS: &[Domain] = &[
    Domain {
        name: "parties",
        about: "People, organisations, their roles and ties, how they sign in, and what partners asked.",
        tables: &[
            "person",
            "organisation",
            "membership",
            "invitation",
            "join_request",
            "declared_tie",
            "credential",
            "partner_request",
            "sign_in_token",
            "outside_identity",
            "sign_in_code",
            "refresh_family",
            "refresh_token",
            "browser_session",
            "second_factor",
            "recovery_code",
            "second_factor_reset",
            "mail_preference",
            "mail_link_key",
        ],
        functions: &[
            "credential_as_said",
            "invitation_as_ended",
            "join_request_as_asked",
            "second_factor_as_said",
            "recovery_code_once",
            "second_factor_reset_as_said",
        ],
    },
    Domain {
        name: "books",
        about: "Books, their accounts and units, and what an owner does with them by hand.",
        tables: &[
            "book",
            "book_partner",
            "account_class",
            "account",
            "unit",
            "exchange_pair",
            "hold",
            "reversal",
            "wind_up",
            "wind_up_plan",
        ],
        functions: &[
            "book_begin",
            "book_guard",
            "book_winds_up_once",
            "wind_up_as_said",
            "account_open",
            "account_unit_known",
            "hold_place",
            "hold_end",
            "period_close",
        ],
    },
    Domain {
        name: "engine",
        about: "The journal: one order a book, one row a transfer, balances with their floors, keys that replay answers.",
        tables: &[
            "book_head",
            "movement_kind",
            "movement",
            "transfer",
            "account_mark",
            "posting",
            "entry_note",
            "log_record",
            "balance",
            "idempotency",
            "book_check",
            "account_check",
            "book_freeze",
        ],
        functions: &[
            "journal_lock",
            "journal_post",
            "journal_post_plain",
            "journal_post_one",
            "batch_post",
            "companions_write",
            "journal_catch_up",
            "account_lines",
            "record_add",
            "book_check_slice",
            "book_check_look",
            "book_check_lines",
            "book_check_end",
            "book_release",
        ],
    },
    Domain {
        name: "reports",
        about: "Totals that follow the journal, rolled up outside the posting transaction.",
        tables: &["recent_total", "day_total", "running_total", "day_span", "day_total_progress"],
        functions: &[
            "day_totals_roll_up",
            "recent_totals_lay_in",
            "recent_totals_merge",
            "totals_kept",
            "totals_due",
            "day_spans_unlike",
            "total_name",
            "totals_through",
        ],
    },
    Domain {
        name: "treasury",
        about: "Money that is with a custodian until it settles.",
        tables: &[
            "settlement",
            "settlement_line",
            "settlement_announcement",
            "settlement_announcement_line",
            "settlement_arrival",
            "custodian_freeze",
        ],
        functions: &["companion_settlement_open", "custodian_freeze_as_said"],
    },
    Domain {
        name: "pledging",
        about: "Campaigns, what donors promise to them, the charges that collect it, and whose money a fund holds.",
        tables: &[
            "campaign",
            "campaign_tier",
            "donor",
            "pledge",
            "payment_try",
            "campaign_terms",
            "webhook_received",
            "returnable_notice",
            "plan_change",
            "plan_change_end",
            "plan_move",
            "pledge_move",
            "pledge_turn",
            "charge",
            "charge_attempt",
            "charge_fee",
            "refund",
            "provider_event",
            "chargeback",
            "chargeback_part",
            "fund_layer",
            "fund_use",
            "fund_return",
            "frozen_layer",
            "receipt_year",
            "receipt",
            "yearly_receipt",
            "yearly_receipt_item",
            "donor_link",
            "donor_mail_preference",
            "withdrawal",
            "suspense_item",
            "settlement_comparison",
            "settlement_comparison_difference",
        ],
        functions: &[
            "return_of_a_use",
            "pledges_insert",
            "pledge_terms_agreed",
            "charge_as_agreed",
            "charge_came",
            "pledge_not_withdrawn",
            "pledge_not_wound_up",
            "withdrawal_as_said",
            "plan_move_steps",
            "pledge_moved",
            "attempt_not_frozen",
            "release_not_frozen",
            "fees_agreed",
            "fee_as_agreed",
            "entry_once",
            "suspense_decided_once",
            "chargeback_decided_once",
            "charge_disputed_as_told",
            "refund_day",
            "chargeback_days",
            "pledge_turn_of_new",
            "pledge_turn_of_change",
            "companion_pledge_seen",
            "companion_pledge_changed",
            "companion_charge_captured",
            "companion_charge_fee",
            "companion_charge_begun",
            "companion_campaign_seen",
            "receipts_insert",
            "companion_provider_event",
            "companion_donor",
            "outside_id",
            "donor_objects",
            "donor_data",
            "donor_erase",
            "reply_without_person",
            "reference_erased",
        ],
    },
    Domain {
        name: "matching",
        about: "Rounds that add to what many gave to campaigns, their pools, votes, tallies and payments.",
        tables: &[
            "matching_round",
            "matching_campaign",
            "pool_contribution",
            "donor_identity",
            "matching_voter",
            "matching_vote",
            "matching_line",
            "matching_share",
            "matching_payment",
            "matching_objection",
            "matching_clawback",
        ],
        functions: &["matching_round_forward", "matching_payment_as_tallied"],
    },
    Domain {
        name: "partners",
        about: "Where partners have events sent, what is on its way there, each attempt, and what they fire by hand.",
        tables: &["webhook_endpoint", "webhook_delivery", "webhook_attempt", "fired_event", "partner_event"],
        functions: &["webhook_endpoint_goes_on", "webhook_delivery_goes_on", "event_fire"],
    },
    Domain {
        name: "milestones",
        about: "Money set aside for work, claims on it, their reviews, disputes and releases, and what comes back of them.",
        tables: &[
            "milestone",
            "milestone_call",
            "milestone_application",
            "claim",
            "evidence",
            "review",
            "dispute",
            "release",
            "claim_request",
            "clawback",
            "claim_document",
            "evidence_fetch",
            "stored_file",
            "stored_file_part",
            "stored_file_use",
        ],
        functions: &[
            "milestone_call_forward",
            "milestone_application_forward",
            "evidence_fetch_ends_once",
            "dispute_goes_on",
            "release_through_the_gate",
            "claim_request_by_two",
            "claim_revoked_by_two",
            "clawback_as_revoked",
        ],
    },
    Domain {
        name: "challenges",
        about: "Prizes with their rules, purses, entrants, submissions, judging and awards.",
        tables: &[
            "challenge",
            "challenge_rules",
            "prize",
            "purse_contribution",
            "entrant",
            "submission",
            "submission_evidence",
            "attribution",
            "judge",
            "scorecard",
            "award",
            "entry_consent",
            "entry_answer",
            "challenge_rubric",
            "appeal",
            "share_plan",
            "share_part",
            "update_note",
        ],
        functions: &[
            "challenge_as_promised",
            "award_undisputed",
            "purse_contribution_rolled_once",
            "entrant_as_agreed",
            "challenge_rubric_as_hashed",
            "appeal_decided_once",
            "share_plan_as_agreed",
            "share_part_as_said",
        ],
    },
    Domain {
        name: "payouts",
        about: "Where payees are paid, what is paid to them, and what their banks say.",
        tables: &[
            "bank_account",
            "lender",
            "payout_policy",
            "payout_run",
            "payout",
            "payout_document",
            "bank_line",
            "payout_file",
            "payout_file_item",
            "bank_statement_file",
            "bank_statement",
            "bank_statement_line",
            "bank_difference",
        ],
        functions: &[
            "bank_account_as_given",
            "organisation_written",
            "bank_positions",
            "period_explained",
            "bank_difference_by_two",
            "settlement_announcement_by_line",
            "settlement_by_line",
            "refund_by_line",
            "difference_approved",
            "payout_by_the_bank",
            "payout_begins_requested",
            "payout_run_as_asked",
            "bank_line_as_told",
            "payout_file_as_made",
            "payout_file_begins",
            "payout_file_item_once_for_all",
            "bank_statement_file_as_received",
        ],
    },
    Domain {
        name: "cooperatives",
        about: "Members, their hours, proceeds, the rule that divides them, distributions and statements.",
        tables: &[
            "cooperative",
            "member",
            "member_index",
            "contribution",
            "allocation_rule",
            "proceeds",
            "period_result",
            "distribution",
            "distribution_part",
            "distribution_inputs",
            "distribution_entry",
            "distribution_objection",
            "statement",
            "redemption",
            "redemption_part",
            "redemption_entry",
            "retained_use",
            "advance",
            "opening",
            "vat_declaration",
            "joining_contribution",
            "joining_part",
            "loan_terms",
            "loan_interest",
            "bylaws",
            "member_consent",
        ],
        functions: &[
            "surplus_as_allocated",
            "opening_as_posted",
            "vat_as_recorded",
            "joining_parts_whole",
            "contribution_of_its_days",
            "no_capital_of_employees",
            "consent_by_the_member",
            "member_as_it_said",
            "bylaws_next",
            "joining_contribution_as_granted",
            "joining_paid_in_order",
            "joining_part_as_paid",
            "joining_line_taken_back",
            "joining_entry_taken_back",
            "joining_money_of_parts",
            "loss_as_borne",
            "retained_not_twice",
            "redemption_as_asked",
            "redemption_entry_next",
            "redemption_parts_asked",
            "redemption_whole",
            "result_as_closed",
            "distribution_as_result",
            "distribution_entry_next",
            "distribution_whole_series",
            "series_holds",
            "series_needs",
            "series_reversed",
            "loan_terms_after_interest",
            "loan_interest_as_cost",
        ],
    },
    Domain {
        name: "between",
        about: "What cooperatives send to funds of one another, in the book that sends and in the one that receives; and which are of a federation.",
        tables: &["remittance", "incoming_remittance", "affiliation"],
        functions: &[
            "affiliation_alike",
            "affiliation_forward",
            "remittance_forward",
            "inter_book_as_remitted",
            "remittance_as_posted",
        ],
    },
    Domain {
        name: "governance",
        about: "What the members of a cooperative vote on, who may, who votes for whom, and what was voted.",
        tables: &[
            "proposal",
            "proposal_college",
            "proposal_elector",
            "ballot",
            "delegation",
            "succession",
            "rule_making",
        ],
        functions: &[
            "proposal_forward",
            "succession_after_all_others",
            "succession_as_posted",
            "rule_making_next",
            "allocation_rule_as_voted",
            "proposal_college_counted_once",
            "proposal_of_its_members",
            "proposal_electors_at_once",
            "ballot_in_time",
            "delegation_without_circle",
        ],
    },
    Domain {
        name: "programmes",
        about: "What books are to spend over months, from which money, held against which accounts, and who works for it; and the products that they develop, and how far what is made pays for that.",
        tables: &[
            "programme",
            "programme_line",
            "programme_revision",
            "programme_revision_line",
            "programme_counting",
            "programme_source",
            "programme_place",
            "programme_hire",
            "product",
            "product_step",
            "product_evidence",
            "product_milestone",
            "product_advantage",
            "campaign_loop",
        ],
        functions: &[
            "programme_forward",
            "programme_overlaps",
            "programme_whole",
            "programme_revision_next",
            "programme_revision_whole",
            "programme_hire_in_place",
            "product_advantage_next",
            "product_forward",
            "product_on_evidence",
            "campaign_loop_in_house",
            "campaign_loop_stops",
            "pledge_asked_for",
            "pledge_redirected",
        ],
    },
    Domain {
        name: "service",
        about: "What any domain uses: jobs, stored answers, who did what, counters, where it all is at home, and helpers of the migrations.",
        tables: &[
            "job",
            "reply",
            "caller_reply",
            "activity",
            "event",
            "event_written",
            "event_head",
            "outbox_mail",
            "adoption",
            "counter",
            "quota_use",
            "worker_heartbeat",
            "sandbox_provider_charge",
            "sandbox_provider_refund",
        ],
        functions: &[
            "counter_next",
            "book_prune",
            "installation_prune",
            "refuse_but_reversal",
            "refuse_but_withdrawal",
            "refuse_but_erasure",
            "refuse_change",
            "refuse_lower_goal",
            "ledger_distribute",
            "ledger_reference",
            "ledger_delegate",
            "jobs_insert",
            "job_wanted",
            "inside_id",
            "activities_insert",
            "event_sources",
            "event_questions",
            "event_note",
            "events_number",
            "events_since",
            "adoption_holds",
            "adoption_record",
            "companion_job_done",
            "companion_reply",
        ],
    },
];

/// The table of the program that applies migrations.
const OF_THE_RUNNER: &str = "schema_file";

/// Where the page stands.
pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("SCHEMA.md")
}

/// The page for the database that a client is connected to.
pub(crate) async fn write(client: &Client) -> Result<String, Failure> {
    let catalogue = Catalogue::read(client).await?;
    catalogue.check()?;
    let mut page = format!(
        "# Schema\n\nWhat the {} numbered files in `sql/` add up to, and the functions of `sql/now/`, by domain. `make \
         schema` writes this page\nfrom the catalogue of a freshly migrated database, and a test fails when it is out of \
         date: do not edit it. The conditions are\nprinted by PostgreSQL {}.\n\nAn arrow of a diagram is a foreign key; entities without columns \
         belong to another domain.\n\n",
        migrations::latest(),
        catalogue.server
    );
    for domain in DOMAINS {
        writeln!(page, "- [{}](#{}): {}", domain.name, domain.name, domain.about)?;
    }
    for domain in DOMAINS {
        catalogue.domain(&mut page, domain)?;
    }
    Ok(page)
}

struct Column {
    name: String,
    kind: String,
    nullable: bool,
    about: String,
}

struct Reference {
    columns: Vec<String>,
    target: String,
    target_columns: Vec<String>,
}

#[derive(Default)]
struct Table {
    about: String,
    is_view: bool,
    columns: Vec<Column>,
    /// Columns of the primary key.
    key: Vec<String>,
    /// Other unique indexes: their columns, and the condition under which they hold.
    unique: Vec<(String, Option<String>)>,
    references: Vec<Reference>,
    /// Conditions, by name.
    checks: Vec<(String, String)>,
    /// Triggers with the functions that they call.
    triggers: Vec<(String, String)>,
}

/// A function of now: its arguments and what it answers.
struct Function {
    arguments: String,
    answer: String,
    is_definer: bool,
}

struct Catalogue {
    /// Major version of the server.
    server: String,
    tables: BTreeMap<String, Table>,
    functions: BTreeMap<String, Function>,
    /// What stands above the definition of a function or view, and in which file that is.
    defined: BTreeMap<String, (String, String)>,
}

impl Catalogue {
    async fn read(client: &Client) -> Result<Catalogue, Failure> {
        let server: String = client.query_one("SELECT split_part(version(), ' ', 2)", &[]).await?.get(0);
        let server = server.split('.').next().unwrap_or_default().to_owned();
        let mut catalogue = Catalogue {
            server,
            tables: tables(client).await?,
            functions: functions(client).await?,
            defined: defined()?,
        };
        catalogue.constraints(client).await?;
        catalogue.indexes_and_triggers(client).await?;
        Ok(catalogue)
    }

    async fn constraints(&mut self, client: &Client) -> Result<(), Failure> {
        let constraints = "
            SELECT c.conrelid::regclass::text, c.contype::text, c.conname::text, pg_get_constraintdef(c.oid, true),
                   coalesce(c.confrelid::regclass::text, ''), names.own, names.target
              FROM pg_constraint c
              CROSS JOIN LATERAL (
                  SELECT ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(num, at)
                                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num
                                ORDER BY k.at) AS own,
                         ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(num, at)
                                 JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num
                                ORDER BY k.at) AS target) names
             WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('c', 'f', 'p') AND c.conrelid <> 0
             ORDER BY c.conname COLLATE \"C\"";
        for row in client.query(constraints, &[]).await? {
            let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) else { continue };
            let (kind, name, text): (&str, String, String) = (row.get(1), row.get(2), row.get(3));
            match kind {
                "c" => table.checks.push((name, condition(&text))),
                "p" => table.key = row.get(5),
                _ => table.references.push(Reference {
                    columns: row.get(5),
                    target: row.get(4),
                    target_columns: row.get(6),
                }),
            }
        }
        Ok(())
    }

    async fn indexes_and_triggers(&mut self, client: &Client) -> Result<(), Failure> {
        let indexes = "
            SELECT i.indrelid::regclass::text,
                   (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n)
                      FROM generate_series(1, i.indnkeyatts) n),
                   coalesce(pg_get_expr(i.indpred, i.indrelid, true), '')
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND NOT i.indisprimary
             ORDER BY c.relname COLLATE \"C\"";
        for row in client.query(indexes, &[]).await? {
            let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) else { continue };
            let (columns, condition): (&str, &str) = (row.get(1), row.get(2));
            let condition = Some(condition.to_owned()).filter(|condition| !condition.is_empty());
            table.unique.push((columns.to_owned(), condition));
        }
        let triggers = "
            SELECT t.tgrelid::regclass::text, t.tgname::text, p.proname::text
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE NOT t.tgisinternal ORDER BY t.tgname COLLATE \"C\"";
        for row in client.query(triggers, &[]).await? {
            let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) else { continue };
            table.triggers.push((row.get(1), row.get(2)));
        }
        Ok(())
    }

    /// Everything belongs to one domain, and every domain to what is there.
    fn check(&self) -> Result<(), Failure> {
        let there: [(&str, BTreeSet<&str>); 2] = [
            ("table", self.tables.keys().map(String::as_str).collect()),
            ("function", self.functions.keys().map(String::as_str).collect()),
        ];
        for (what, there) in there {
            let mut owned = BTreeSet::new();
            for domain in DOMAINS {
                for name in if what == "table" { domain.tables } else { domain.functions } {
                    if !owned.insert(*name) {
                        return Err(format!("the {what} `{name}` is in two domains of schema/document.rs").into());
                    }
                }
            }
            if let Some(name) = there.symmetric_difference(&owned).next() {
                let wrong = if owned.contains(name) { "is in no database any more" } else { "is in no domain" };
                return Err(format!("the {what} `{name}` {wrong}: see DOMAINS in schema/document.rs").into());
            }
        }
        Ok(())
    }

    fn domain(&self, page: &mut String, domain: &Domain) -> Result<(), Failure> {
        write!(page, "\n## {}\n\n{}\n\n", domain.name, domain.about)?;
        self.diagram(page, domain)?;
        for name in domain.tables {
            self.table(page, name, &self.tables[*name])?;
        }
        if !domain.functions.is_empty() {
            write!(page, "\n### Functions of {}\n\n", domain.name)?;
        }
        for name in domain.functions {
            let Function { arguments, answer, is_definer } = &self.functions[*name];
            let (file, about) = self.defined.get(*name).ok_or_else(|| format!("no file of now defines {name}"))?;
            let rights = if *is_definer { "; runs as the owner" } else { "" };
            writeln!(page, "- `{name}({arguments})` → `{answer}` (`{file}`{rights}). {about}")?;
        }
        Ok(())
    }

    fn diagram(&self, page: &mut String, domain: &Domain) -> Result<(), Failure> {
        page.push_str("```mermaid\nerDiagram\n");
        for name in domain.tables {
            let table = &self.tables[*name];
            if table.is_view {
                continue;
            }
            writeln!(page, "    {name} {{")?;
            for column in &table.columns {
                let in_key = table.key.contains(&column.name);
                let refers = table.references.iter().any(|to| to.columns.contains(&column.name));
                let marks = match (in_key, refers) {
                    (true, true) => "PK, FK",
                    (true, false) => "PK",
                    (false, true) => "FK",
                    (false, false) => continue,
                };
                writeln!(page, "        {} {} {marks}", column.kind, column.name)?;
            }
            page.push_str("    }\n");
        }
        for name in domain.tables {
            let table = &self.tables[*name];
            for Reference { columns, target, .. } in &table.references {
                let optional = table.columns.iter().any(|column| column.nullable && columns.contains(&column.name));
                let arrow = if optional { "}o--o|" } else { "}o--||" };
                writeln!(page, "    {name} {arrow} {target} : \"{}\"", without_book(columns).join(", "))?;
            }
        }
        page.push_str("```\n");
        Ok(())
    }

    fn table(&self, page: &mut String, name: &str, table: &Table) -> Result<(), Failure> {
        let (what, about) = if table.is_view {
            let (file, about) = self.defined.get(name).ok_or_else(|| format!("no file of now defines {name}"))?;
            (" (view)", format!("{about} (`{file}`)"))
        } else {
            ("", table.about.clone())
        };
        write!(page, "\n### {name}{what}\n\n{about}\n\n")?;
        let columns = table.columns.iter();
        if table.is_view {
            let columns: Vec<String> = columns.map(|column| format!("`{}` {}", column.name, column.kind)).collect();
            writeln!(page, "{}", columns.join(", "))?;
            return Ok(());
        }
        page.push_str("| column | type | null | what |\n|---|---|---|---|\n");
        for Column { name, kind, nullable, about } in columns {
            let null = if *nullable { "yes" } else { "" };
            writeln!(page, "| {name} | {kind} | {null} | {} |", about.replace('|', "\\|"))?;
        }
        page.push('\n');
        writeln!(page, "- key `{}`", table.key.join(", "))?;
        let [check, unique_where] = CONDITIONS;
        for (columns, condition) in &table.unique {
            match condition {
                None => writeln!(page, "- unique `{columns}`")?,
                Some(condition) => writeln!(page, "{unique_where}{condition}`: `{columns}`")?,
            }
        }
        for Reference { columns, target, target_columns } in &table.references {
            writeln!(page, "- `{}` → `{target} ({})`", columns.join(", "), target_columns.join(", "))?;
        }
        for (name, function) in &table.triggers {
            writeln!(page, "- trigger `{name}` calls `{function}`")?;
        }
        for (name, condition) in &table.checks {
            writeln!(page, "{check}{name}`: `{condition}`")?;
        }
        Ok(())
    }
}

/// How the lines with conditions begin. Another version of PostgreSQL may print a condition otherwise.
pub(crate) const CONDITIONS: [&str; 2] = ["- check `", "- unique where `"];

async fn tables(client: &Client) -> Result<BTreeMap<String, Table>, Failure> {
    let columns = "
        SELECT c.relname::text, c.relkind = 'v', coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname::text,
               format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, coalesce(col_description(c.oid, a.attnum), '')
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relname <> $1
           AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY c.relname COLLATE \"C\", a.attnum";
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in client.query(columns, &[&OF_THE_RUNNER]).await? {
        let table = tables.entry(row.get(0)).or_default();
        (table.is_view, table.about) = (row.get(1), row.get(2));
        let kind = short(row.get(4));
        table.columns.push(Column { name: row.get(3), kind, nullable: row.get(5), about: row.get(6) });
    }
    Ok(tables)
}

async fn functions(client: &Client) -> Result<BTreeMap<String, Function>, Failure> {
    let functions = "
        SELECT p.proname::text, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.prosecdef
          FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
         ORDER BY 1";
    let mut found = BTreeMap::new();
    for row in client.query(functions, &[]).await? {
        let function = Function { arguments: short(row.get(1)), answer: short(row.get(2)), is_definer: row.get(3) };
        if found.insert(row.get::<_, String>(0), function).is_some() {
            return Err(format!("two functions are called {}", row.get::<_, &str>(0)).into());
        }
    }
    Ok(found)
}

/// By function or view: the file of its definition, and the `--` lines above it.
fn defined() -> Result<BTreeMap<String, (String, String)>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/now");
    let files: Result<Vec<PathBuf>, _> = std::fs::read_dir(folder)?.map(|entry| entry.map(|it| it.path())).collect();
    let mut defined: BTreeMap<String, (String, String)> = BTreeMap::new();
    for path in files? {
        let file = path.file_name().and_then(|name| name.to_str()).ok_or("a file of now has another name")?.to_owned();
        let mut above: Vec<String> = Vec::new();
        for line in std::fs::read_to_string(&path)?.lines() {
            if let Some(words) = line.strip_prefix("--") {
                above.push(words.trim().to_owned());
                continue;
            }
            let definition = ["CREATE OR REPLACE FUNCTION ", "CREATE OR REPLACE VIEW "];
            if let Some(rest) = definition.iter().find_map(|start| line.strip_prefix(start)) {
                let name = rest.split(['(', ' ']).next().unwrap_or_default().to_owned();
                let about = above.iter().filter(|words| !words.is_empty()).cloned().collect::<Vec<_>>().join(" ");
                defined.insert(name, (format!("now/{file}"), about));
            }
            above.clear();
        }
    }
    Ok(defined)
}

/// The names of types as the migrations write them.
fn short(kind: &str) -> String {
    let names = [
        ("timestamp with time zone", "timestamptz"),
        ("character varying", "varchar"),
        ("integer", "int"),
        ("boolean", "bool"),
    ];
    names.iter().fold(kind.to_owned(), |kind, (long, short)| kind.replace(long, short))
}

/// What stands between the brackets of `CHECK (…)`, on one line.
fn condition(text: &str) -> String {
    let inner = text.strip_prefix("CHECK (").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    inner.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Columns but for the book, which is in every key.
fn without_book(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).filter(|name| *name != "book_id").collect()
}
