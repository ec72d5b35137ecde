# Unstructured MMRM by nlme::gls for each data set of a long CSV: Rscript gls.R in.csv out.csv
suppressMessages(library(nlme))
arguments <- commandArgs(trailingOnly = TRUE)
long <- read.csv(arguments[1])
long$visit <- factor(long$visit)
rows <- lapply(split(long, long$set), function(d) {
  visits <- length(levels(d$visit))
  made <- gls(y ~ 0 + visit + visit:arm, data = d, correlation = corSymm(form = ~ as.integer(visit) | person),
              weights = varIdent(form = ~ 1 | visit), method = "REML",
              control = glsControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-10, msTol = 1e-12,
                                   opt = "optim", returnObject = FALSE))
  last <- paste0("visit", levels(d$visit)[visits], ":arm")
  data.frame(set = d$set[1], loglik = as.numeric(logLik(made)), estimate = coef(made)[[last]],
             se = sqrt(vcov(made)[last, last]))
})
write.csv(do.call(rbind, rows), arguments[2], row.names = FALSE)
