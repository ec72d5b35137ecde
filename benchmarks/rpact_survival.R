# Seconds and power of rpact's C++ survival simulation: Rscript rpact_survival.R ITERATIONS EVENTS...
suppressMessages(library(rpact))
arguments <- as.numeric(commandArgs(trailingOnly = TRUE))
design <- getDesignGroupSequential(kMax = 3, alpha = 0.025, beta = 0.1, sided = 1, typeOfDesign = "asOF")
run <- function(iterations) getSimulationSurvival(
  design = design, lambda2 = log(2) / 12, hazardRatio = 0.7, maxNumberOfSubjects = 500,
  accrualTime = c(0, 12), plannedEvents = arguments[-1], directionUpper = FALSE,
  maxNumberOfIterations = iterations, seed = 1, maxNumberOfRawDatasetsPerStage = 0)
invisible(run(100))
seconds <- system.time(made <- run(arguments[1]))[["elapsed"]]
cat(sprintf('{"seconds": %.4f, "power": %.5f}\n', seconds, made$overallReject))
