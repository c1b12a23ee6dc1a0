# Updates: what hosts and teams write about their work.
updates-title = Updates about { $name }
updates-what = What is written about the <thing>{ $kind ->
        [campaign] campaign
        [challenge] challenge
       *[milestone] milestone
    }</thing>, the newest first. As of { $day }. An update is never changed; it can be withdrawn, and that is said here.
updates-none = Nothing was written yet.
updates-all = The newest first
updates-older = Older ones
updates-heading = Updates
updates-follow = <feed>Follow them as a feed</feed>.
updates-follow-all = <all>All updates</all>; <feed>follow them as a feed</feed>.
updates-write = <desk>Write one</desk>.
updates-twins = For programs: this page as <json>JSON</json> or <csv>CSV</csv>.
updates-withdrawn = Withdrawn
updates-withdrawn-why = Written on { $day } by { $by }. It was withdrawn on { $withdrawn }: { $reason }
updates-withdrawn-milestone = Written on { $day } by { $by } about a <milestone>milestone</milestone>. It was withdrawn on { $withdrawn }: { $reason }
updates-by = { $day }, { $by }
updates-by-milestone = { $day }, { $by }, about a <milestone>milestone</milestone>
