# The page of a milestone.
milestone-title = { $name }: { $released } of { $amount } released
milestone-of = A milestone of <campaign>{ $campaign }</campaign>, for { $team }. As of { $day }.
milestone-of-joined = A milestone of <campaign>{ $campaign }</campaign>, for { $team } (<join>ask to join it</join>). As of { $day }.
milestone-donors = { $donors } donors
milestone-few = fewer than five donors
milestone-entry = entry { $number }
milestone-on-what-claimed = On what it was claimed
milestone-on-what-released = On what it was released
milestone-approved-by = { $amount } on { $day }, by { $by }
milestone-approval = A { $role } approved it on { $day }, as <span class="quiet">{ $sha256 }</span>
milestone-licence = , under { $licence }
milestone-gate = A claim must bring { $what }.
milestone-struck = { $amount }, as disputes were right
milestone-set-off = { $amount } of it paid what the team owed
milestone-dispute = { $state }, until { $day }
milestone-how-far-its-money-has = How far its money has come
milestone-station = Station
milestone-amount = Amount
milestone-that-is = That is
milestone-not-shown = not shown
milestone-what-was-released-and-whose = What was released, and whose money it was
milestone-on = On
milestone-of-whom-and-the-entry = Of whom, and the entry that made it
milestone-a-claim-is-what-the = A claim is what the team says it has done, with its evidence. Its SHA-256 covers all of it: who approves it names that, and an approval falls when anything is changed.
milestone-claim = Claim { $number }
milestone-approved = Approved
milestone-released = Released
milestone-under-dispute = Under dispute
milestone-taken-off = Taken off
milestone-dispute-of = Dispute of
milestone-state = State
milestone-how-it-is-decided = How it is decided
milestone-for-programs-this-page-as = For programs: this page as <json>JSON</json> or <csv>CSV</csv>; the <milestone>milestone</milestone> by the API.
milestone-picture = { $released } of { $amount } are released
milestone-station-planned = Planned
milestone-station-planned-means = what it pays in all
milestone-station-aside = Set aside
milestone-station-aside-means = of the campaign's money, for it alone
milestone-station-claimed = Claimed
milestone-station-claimed-means = what its team says is done; shown when it is decided
milestone-station-released = Released
milestone-station-released-means = approved, and owed to its team or paid
milestone-rule-reviewers = { $count ->
        [one] 1 reviewer approves
       *[other] { $count } reviewers approve
    } a claim, none of them of its team or with a tie to it.
milestone-rule-silence-release = When nobody decides within { $days ->
        [one] 1 day
       *[other] { $days } days
    }, it counts as approved.
milestone-rule-silence-escalate = When nobody decides within { $days ->
        [one] 1 day
       *[other] { $days } days
    }, the owners of the host are called in.
milestone-rule-objection = Whoever is concerned may object within { $days ->
        [one] 1 day
       *[other] { $days } days
    } of the approval; then the money is released.
milestone-rule-threshold = Above { $amount } who asks, who approves and who pays are three people.
milestone-gate-licence = a licence
milestone-gate-design = design files
milestone-gate-plan = an enterprise plan
milestone-is-planned = planned, without money yet
milestone-is-funded = its money is set aside
milestone-is-claimed = its team says that it is done
milestone-is-partly = a part is released
milestone-is-released = released
milestone-is-cancelled = given up
milestone-stands-planned = It is planned. No money is set aside for it yet.
milestone-stands-funded = Its whole amount is set aside. Its team may claim it when it is done.
milestone-stands-partly = A part is released. The rest stays set aside for a further claim of its team.
milestone-stands-released = All of it is released.
milestone-stands-cancelled = It was given up: { $reason }
milestone-claim-draft = The team writes a claim.
milestone-claim-escalated = Nobody decided in time. The owners of the host are called in: if they do not decide by { $day }, it expires.
milestone-claim-submitted = The team says that it is done. Reviewers decide by { $day }.
milestone-claim-changes = Reviewers asked for changes: the team has until { $day }.
milestone-claim-approved = It is approved. Whoever is concerned may object until { $day }; then its money is released.
milestone-claim-disputed = A part of it is under dispute, and held back until that is over.
milestone-claim-rejected = It was rejected.
milestone-claim-payable = Its money is released, and owed to the team.
milestone-claim-paid = Its money is released and paid out.
milestone-claim-revoked = It was revoked: { $reason }
milestone-claim-expired = Nobody decided in time, and it expired.
milestone-by-reviewers = its reviewers
milestone-by-silence = silence: nobody decided in time
milestone-evidence-design = Design files
milestone-evidence-materials = Bill of materials
milestone-evidence-instructions = Build instructions
milestone-evidence-test = Test report
milestone-evidence-licence = Licence
milestone-evidence-plan = Enterprise plan
milestone-evidence-photo = Photo
milestone-evidence-video = Video
milestone-evidence-other = Other
