# What the problems of the service mean.
problems-title = Problems
problems-all = All problems
problems-what = Every error of this service is a problem (RFC 9457). Its <code>type</code> leads to one of these.
problems-remedy = What to do:
problems-answered-by = Answered by:
