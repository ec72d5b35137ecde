# Boundaries of the designs in a CSV by rpact: Rscript rpact_designs.R in.csv out.csv
suppressMessages(library(rpact))
arguments <- commandArgs(trailingOnly = TRUE)
designs <- read.csv(arguments[1], colClasses = "character")
numbers <- function(text) as.numeric(strsplit(text, " ")[[1]])
kinds <- c(obrien_fleming = "asOF", pocock = "asP", hwang_shih_decani = "asHSD",
           classical_obrien_fleming = "OF", classical_pocock = "P")
losses <- c(obrien_fleming = "bsOF", pocock = "bsP", hwang_shih_decani = "bsHSD", none = "none")
rows <- lapply(seq_len(nrow(designs)), function(i) {
  d <- designs[i, ]
  t <- numbers(d$information)
  words <- list(kMax = length(t), informationRates = t, alpha = as.numeric(d$alpha),
                beta = as.numeric(d$beta), sided = as.integer(d$sided), typeOfDesign = kinds[[d$efficacy]])
  if (d$efficacy == "hwang_shih_decani") words$gammaA <- as.numeric(d$gamma)
  if (d$futility != "none") {
    words$typeBetaSpending <- losses[[d$futility]]
    words$bindingFutility <- d$binding == "TRUE"
    if (d$futility == "hwang_shih_decani") words$gammaB <- as.numeric(d$gamma_futility)
  }
  made <- suppressWarnings(do.call(getDesignGroupSequential, words))
  low <- if (d$futility == "none") "" else paste(format(made$futilityBounds, digits = 12), collapse = " ")
  data.frame(efficacy_z = paste(format(made$criticalValues, digits = 12), collapse = " "),
             futility_z = low,
             inflation = suppressWarnings(getDesignCharacteristics(made)$inflationFactor))
})
write.csv(do.call(rbind, rows), arguments[2], row.names = FALSE)
